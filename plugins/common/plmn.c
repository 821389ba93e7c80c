#include "plmn.h"

#include <string.h>

int plmn_pack(const char *text, uint8_t plmn[PLMN_OCTETS])
{
    size_t digits = strspn(text, "0123456789");
    if ((digits != 5 && digits != 6) || text[digits] != '\0')
        return 0;
    /* MCC digits 2 and 1; MNC digit 3 (15: none) and MCC 3; MNC digits 2 and 1 */
    int mnc_third = digits == 6 ? text[5] - '0' : 15;
    plmn[0] = (uint8_t)((text[1] - '0') << 4 | (text[0] - '0'));
    plmn[1] = (uint8_t)(mnc_third << 4 | (text[2] - '0'));
    plmn[2] = (uint8_t)((text[4] - '0') << 4 | (text[3] - '0'));
    return 1;
}

void plmn_text(const uint8_t plmn[PLMN_OCTETS], char text[PLMN_TEXT_BYTES])
{
    const int digits[] = {plmn[0] & 15, plmn[0] >> 4, plmn[1] & 15,
                          plmn[2] & 15, plmn[2] >> 4, plmn[1] >> 4};
    int count = digits[5] == 15 ? 5 : 6;
    for (int i = 0; i < count; i++)
        text[i] = (char)(digits[i] <= 9 ? '0' + digits[i] : '?');
    text[count] = '\0';
}
