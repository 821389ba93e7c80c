#include "amf.h"

#include "elements.h"

#include <string.h>

/* ---- what a gNB says ---- */

struct asked {
    uint8_t (*plmns)[PLMN_OCTETS];
    size_t count;
};

static void add(struct asked *asked, const uint8_t *plmn)
{
    for (size_t i = 0; i < asked->count; i++) {
        if (memcmp(asked->plmns[i], plmn, PLMN_OCTETS) == 0)
            return;
    }
    if (asked->count < NGAP_PLMNS_MAX)
        memcpy(asked->plmns[asked->count++], plmn, PLMN_OCTETS);
}

/* BroadcastPLMNItem */
static void take_network(struct aper_in *in, struct asked *asked)
{
    struct ngap_network network = {.slices_count = 0};
    uint32_t additions = aper_get(in, 1);
    uint32_t extensions = aper_get(in, 1);
    const uint8_t *plmn = aper_get_octets(in, PLMN_OCTETS);
    ngap_take_slices(in, 1024, &network);
    ngap_take_rest(in, extensions, additions);
    if (plmn != NULL && !in->bad)
        add(asked, plmn);
}

static void take_areas(struct aper_in *in, struct asked *asked)
{
    uint32_t areas = aper_count(in, 256);
    for (uint32_t i = 0; i < areas && !in->bad; i++) {
        uint32_t additions = aper_get(in, 1);
        uint32_t extensions = aper_get(in, 1);
        aper_get_octets(in, 3); /* tracking area code */
        uint32_t networks = aper_count(in, NGAP_PLMNS_MAX);
        for (uint32_t k = 0; k < networks && !in->bad; k++)
            take_network(in, asked);
        ngap_take_rest(in, extensions, additions);
    }
}

size_t ngap_asked(const uint8_t *bytes, size_t len, uint8_t plmns[NGAP_PLMNS_MAX][PLMN_OCTETS])
{
    struct aper_in in = {.bytes = bytes, .len = len};
    struct asked asked = {plmns, 0};
    uint32_t choice = aper_get(&in, 3);
    aper_get_align(&in);
    uint32_t procedure = aper_get(&in, 8);
    aper_get(&in, 2);
    struct aper_in value = aper_open(&in);
    if (choice != INITIATING || procedure != NG_SETUP)
        return 0;
    aper_get(&value, 1);
    aper_get_align(&value);
    uint32_t count = aper_get(&value, 16);
    for (uint32_t i = 0; i < count && !value.bad; i++) {
        uint32_t id = aper_get(&value, 16);
        aper_get(&value, 2);
        struct aper_in element = aper_open(&value);
        if (id == ID_TA_LIST)
            take_areas(&element, &asked);
        value.bad |= element.bad;
    }
    return value.bad ? 0 : asked.count;
}

/* ---- what an AMF says ---- */

size_t ngap_accept(const char *amf, uint8_t plmns[][PLMN_OCTETS], size_t count,
                   uint8_t bytes[NGAP_ANSWER_MAX])
{
    static const struct ngap_slice slice = {1, -1};
    struct aper_out out = {.room = NGAP_ANSWER_MAX};
    out.bytes = bytes;
    size_t value = ngap_begin(&out, SUCCESSFUL, 4);
    ngap_put_name(&out, ID_AMF_NAME, REJECT, amf);
    size_t ie = ngap_begin_element(&out, ID_GUAMIS, REJECT);
    aper_put(&out, (uint32_t)count - 1, 8);
    for (size_t i = 0; i < count; i++) {
        aper_put(&out, 0, 3 + 2); /* ServedGUAMIItem, GUAMI: nothing more */
        aper_put_octets(&out, plmns[i], PLMN_OCTETS);
        aper_put(&out, 2, 8);  /* region */
        aper_put(&out, 1, 10); /* set */
        aper_put(&out, 0, 6);  /* pointer */
    }
    aper_end(&out, ie);
    ie = ngap_begin_element(&out, ID_CAPACITY, IGNORE);
    aper_put(&out, 255, 8);
    aper_end(&out, ie);
    ie = ngap_begin_element(&out, ID_PLMN_SUPPORT, REJECT);
    aper_put(&out, (uint32_t)count - 1, 4);
    for (size_t i = 0; i < count; i++) {
        aper_put(&out, 0, 1 + 1); /* PLMNSupportItem: nothing more */
        aper_put_octets(&out, plmns[i], PLMN_OCTETS);
        aper_put(&out, 0, 16); /* one slice */
        ngap_put_slice(&out, &slice);
    }
    aper_end(&out, ie);
    aper_end(&out, value);
    return out.bad ? 0 : aper_octets(&out);
}

size_t ngap_refuse(uint8_t bytes[NGAP_ANSWER_MAX])
{
    struct aper_out out = {.room = NGAP_ANSWER_MAX};
    out.bytes = bytes;
    size_t value = ngap_begin(&out, UNSUCCESSFUL, 2);
    size_t ie = ngap_begin_element(&out, ID_CAUSE, IGNORE);
    aper_put(&out, 4, 3);     /* misc */
    aper_put(&out, 4, 1 + 3); /* unknown-PLMN-or-SNPN */
    aper_end(&out, ie);
    ie = ngap_begin_element(&out, ID_TIME_TO_WAIT, IGNORE);
    aper_put(&out, 3, 1 + 3); /* v10s */
    aper_end(&out, ie);
    aper_end(&out, value);
    return out.bad ? 0 : aper_octets(&out);
}
