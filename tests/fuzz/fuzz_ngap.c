#include "../../plugins/ngap/amf.h"
#include "../../plugins/ngap/chunk.h"
#include "../../plugins/ngap/message.h"
#include "fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

/* An NGAP message, the same octets as an SCTP packet, and a request made from them. */

static void read_answer(const uint8_t *bytes, size_t len)
{
    struct ngap_answer answer;
    enum ngap_kind kind = ngap_read(bytes, len, &answer);
    if (kind == NGAP_NONSENSE || kind == NGAP_OTHER)
        return;
    if (answer.networks_count > NGAP_PLMNS_MAX || answer.capacity > 255 || answer.guamis > 256 ||
        answer.cause_group > 4 || answer.wait_s > 60 || strlen(answer.amf) >= NGAP_NAME_BYTES)
        abort();
    if (kind == NGAP_RESPONSE && answer.networks_count == 0)
        abort();
    for (size_t i = 0; i < answer.networks_count; i++) {
        char plmn[PLMN_TEXT_BYTES];
        plmn_text(answer.networks[i].plmn, plmn);
        if (answer.networks[i].slices_count > NGAP_SLICES_MAX)
            abort();
        for (size_t k = 0; k < answer.networks[i].slices_count; k++) {
            struct ngap_slice again;
            char text[12];
            ngap_slice_text(&answer.networks[i].slices[k], text);
            if (!ngap_slice_read(text, &again) || again.sd != answer.networks[i].slices[k].sd)
                abort();
        }
    }
    if (*ngap_group_name(answer.cause_group) == '\0' ||
        *ngap_cause_name(answer.cause_group, answer.cause) == '\0')
        abort();
}

static void read_packet(const uint8_t *bytes, size_t len)
{
    struct chunk chunk;
    size_t count = 0;
    for (size_t at = SCTP_HEADER; chunk_next(bytes, len, &at, &chunk); count++) {
        if (chunk.value < bytes || chunk.value + chunk.len > bytes + len || count > len / 4)
            abort();
        (void)chunk_cause_name(chunk_abort_cause(&chunk));
    }
    (void)chunk_ports(bytes, len, 1, 2);
}

static void make_request(const uint8_t *bytes, size_t len)
{
    struct ngap_slice slices[NGAP_SLICES_MAX];
    struct ngap_setup setup = {.name = "n", .slices = slices};
    uint8_t request[NGAP_REQUEST_MAX];
    struct ngap_answer answer;
    if (len < 8)
        return;
    setup.bits = 22 + bytes[0] % 11u;
    setup.gnb = bytes[1];
    setup.tac = (uint32_t)bytes[2] << 8 | bytes[3];
    setup.slices_count = 1 + bytes[4] % NGAP_SLICES_MAX;
    memcpy(setup.plmn, bytes + 5, sizeof setup.plmn);
    for (size_t i = 0; i < setup.slices_count; i++)
        slices[i] =
            (struct ngap_slice){bytes[i % len], bytes[i % len] % 2 != 0 ? bytes[i % len] : -1};
    size_t size = ngap_request(&setup, request);
    uint8_t plmns[NGAP_PLMNS_MAX][PLMN_OCTETS];
    if (size == 0 || ngap_asked(request, size, plmns) != 1 ||
        ngap_read(request, size, &answer) != NGAP_OTHER ||
        ngap_read(request, size - 1, &answer) != NGAP_NONSENSE)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    uint8_t plmns[NGAP_PLMNS_MAX][PLMN_OCTETS];
    if (ngap_asked(bytes, len, plmns) > NGAP_PLMNS_MAX)
        abort();
    read_answer(bytes, len);
    read_packet(bytes, len);
    make_request(bytes, len);
    return 0;
}
