#include "exercise/msel.h"
#include "fuzz/fuzz.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

/* A list of events that somebody sends, made into a scenario. Whatever stands in it: each line of
 * the scenario is known by its row, and it is well-formed Lua, so that no cell becomes code. */

static size_t count_lines(const char *text)
{
    size_t count = 0;
    for (; *text != '\0'; text++)
        count += *text == '\n';
    return count;
}

static void well_formed(const char *text)
{
    lua_State *L = luaL_newstate();
    if (luaL_loadbufferx(L, text, strlen(text), "made", "t") != LUA_OK)
        abort();
    lua_close(L);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct nd_sheet sheet = {0};
    struct nd_msel msel = {0};
    const struct nd_msel_wish wish = {"a\n\"table\".csv", "made", "site.yaml", "09:00"};
    if (nd_sheet_read_csv(&sheet, (const char *)bytes, len, NULL) == ND_OK) {
        nd_msel_read(&sheet, &wish, &msel);
        if (count_lines(nd_buf_str(&msel.lua)) != msel.lines.count)
            abort();
        if (msel.errors == 0)
            well_formed(nd_buf_str(&msel.lua));
    }
    nd_msel_deinit(&msel);
    nd_sheet_deinit(&sheet);
    return 0;
}
