"""A piece of a real network for tests of changes, as an operator would have made it: two namespaces of
the test's own, links between them, addresses and routes of every kind, an admission table. Nothing
that netdrill made, and none of the settings its lab makes (IPv6 addresses go when a link does)."""
import os
import subprocess

LINKS = ["down0", "cut0", "lose0", "rate0", "more0"]


def sh(script, ns=None, quiet=False):
    return subprocess.run((["ip", "netns", "exec", ns] if ns else []) + ["sh", "-ec", script], check=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL if quiet else None, text=True).stdout


class Field:
    def __init__(self, work):
        self.name = "field-%d" % os.getpid()
        self.here, self.there = "nt-%d-a" % os.getpid(), "nt-%d-b" % os.getpid()
        self.namespaces = [self.here, self.there]
        self.site = os.path.join(work, "site.yaml")
        targets = "\n".join("  %s: {kind: interface, vantage: here, interface: %s, may_be_disturbed: true}" % (n, n)
                            for n in LINKS)
        with open(self.site, "w") as out:
            out.write("""site: %s
vantages:
  here: {netns: /run/netns/%s}
  there: {netns: /run/netns/%s}
targets:
%s
  guests: {kind: network, vantage: here, guests: 10.200.0.0/24, may_be_disturbed: true}
  home: {kind: network, vantage: here, guests: 10.201.0.0/24, may_be_disturbed: true}
  peer: {kind: host, address: 10.60.1.2}
  dead: {kind: host, address: 10.60.4.99}
""" % (self.name, self.here, self.there, targets))

    def build(self):
        for ns in self.namespaces:
            sh("ip netns add " + ns)
            # Addresses are checked for duplicates without waiting, so that tests need not wait either.
            sh("sysctl -qw net.ipv6.conf.default.dad_transmits=0; ip link set lo up", ns)
        for i, link in enumerate(LINKS):
            sh(f"ip link add {link} type veth peer name {link} netns {self.there}; ip link set {link} up; "
               f"ip addr add 10.60.{i}.1/24 dev {link}; ip addr add fd60:{i}::1/64 dev {link} nodad", self.here)
            sh(f"ip link set {link} up; ip addr add 10.60.{i}.2/24 dev {link}", self.there)
        sh("""ip addr add fd60:0::11/64 dev down0
ip addr add fd60:0::12/64 dev down0 preferred_lft forever
ip neigh add 10.60.0.9 lladdr 02:00:00:00:00:09 dev down0 nud permanent
ip neigh add proxy 10.60.0.77 dev down0
ip route add 10.70.0.0/16 via 10.60.0.9 src 10.60.0.1 mtu 1400 advmss 1000 metric 7
ip route add 10.71.0.0/16 nexthop via 10.60.0.9 weight 3 nexthop via 10.60.1.2
ip route add 10.72.0.1 dev down0 scope link table 77
ip route add 10.73.0.0/16 dev down0 proto static tos 0x10 onlink via 10.99.0.1
ip -6 route add fd70::/48 via fd60:0::9 metric 70
ip -6 route add fd71::/48 dev down0 proto static mtu 1300
nft -f - <<N
table inet netdrill_admission {
 set admitted { type ipv4_addr; flags interval, timeout; elements = { 10.201.0.0/24 }; }
}
table inet operators_own {
 chain c {
  type filter hook input priority 0
  counter
 }
}
N""", self.here)
        try:
            sh("""ip link add link down0 name v5 type vlan id 5
ip link add link down0 name v6 type vlan id 6
ip link set v5 up
ip addr add 10.65.0.1/24 dev v5
ip addr add fd65::1/64 dev v5 nodad
ip route add 10.66.0.0/16 via 10.65.0.9""", self.here, quiet=True)
        except subprocess.CalledProcessError:
            print("this kernel has no VLANs: theirs is not tested")

    def remove(self):
        for ns in self.namespaces:
            subprocess.run(["ip", "netns", "del", ns], stderr=subprocess.DEVNULL)
