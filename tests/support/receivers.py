"""Receivers of messages for tests, each behaving in its own way: SMTP servers (aiosmtpd), a web server, and
syslog over UDP and TCP. What they got stands in their lists."""
import asyncio, http.server, json, socket, ssl, threading, time

try:
    from aiosmtpd.controller import Controller
    from aiosmtpd.smtp import AuthResult, SMTP
except ImportError:
    raise SystemExit("'python3-aiosmtpd' is not installed; scripts/install-packages test")


class Mailbox:
    """Takes mail as its manner says: plain, slow, refusing, greylisting, dropping."""

    def __init__(self, manner="plain"):
        self.manner, self.mails, self.tries, self.logins, self.tls = manner, [], 0, [], []

    async def handle_RCPT(self, server, session, envelope, address, options):
        self.tries += 1
        if self.manner == "refusing" and address.startswith("noc@"):
            return "550 5.1.1 no such mailbox"
        if self.manner == "greylisting" and self.tries <= 2:
            return "451 4.7.1 greylisted, come back later"
        if self.manner == "dropping" and self.tries == 1:
            server.transport.abort()
            return "421 gone"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server, session, envelope):
        if self.manner == "slow":
            await asyncio.sleep(1.5)
        if self.manner == "stuck":
            await asyncio.sleep(20)
        self.mails.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
        self.tls.append(session.ssl is not None)
        return f"250 2.0.0 queued as {len(self.mails)}"

    def log_in(self, server, session, envelope, mechanism, data):
        self.logins.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=data.password == b"Keelung-0815")


class SlowToQuit(SMTP):
    """Never answers QUIT."""

    async def smtp_QUIT(self, arg):
        await asyncio.sleep(20)


def smtp(port, manner="plain", context=None, slow_to_quit=False):
    box = Mailbox(manner)

    class Here(Controller):
        def factory(self):
            kind = SlowToQuit if slow_to_quit else SMTP
            more = dict(tls_context=context, require_starttls=True, authenticator=box.log_in, auth_required=True) if context else {}
            return kind(self.handler, hostname="mx.drill.test", **more)

    Here(box, hostname="127.0.0.1", port=port).start()
    return box


def certificate(path_cert, path_key):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path_cert, path_key)
    return context


class Hooks:
    """One web server: /ok, /flaky (500 twice), /slow, /no (404), /away (302), /busy (always 503)."""

    def __init__(self, port, context=None):
        got = self.got = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                got.append((self.path, dict(self.headers), json.loads(body)))
                before = sum(path == self.path for path, _, _ in got)
                if self.path == "/slow":
                    time.sleep(1.5)
                status = {"/no": 404, "/away": 302, "/busy": 503}.get(self.path, 200)
                if self.path == "/flaky" and before <= 2:
                    status = 500
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "/ok")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()

    def to(self, path):
        return [entry for entry in self.got if entry[0] == path]


class Syslog:
    """What came over UDP and, with the octets counted, over TCP."""

    def __init__(self, port):
        self.udp, self.tcp = [], []
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.bind(("127.0.0.1", port))
        tcp = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self.take_udp, args=(udp,), daemon=True).start()
        threading.Thread(target=self.take_tcp, args=(tcp,), daemon=True).start()

    def take_udp(self, udp):
        while True:
            self.udp.append(udp.recv(65536).decode())

    def take_tcp(self, tcp):
        while True:
            peer, _ = tcp.accept()
            octets = b""
            while more := peer.recv(65536):
                octets += more
            count, _, rest = octets.partition(b" ")
            self.tcp.append(rest.decode() if int(count) == len(rest) else f"{count} octets announced, {len(rest)} came")
            peer.close()
