/* Reading the table of a frame call (drill, phase, step, inject ...): what the files of the frame
 * share. Every reader notes what is wrong and goes on. */
#ifndef ND_LUA_FRAME_H
#define ND_LUA_FRAME_H
#include "lua/internal.h"

/* One frame call under way: its table is at index 1. */
struct nd_frame {
    lua_State *L;
    struct nd_scenario *scenario;
    struct nd_arena *arena;
    const char *call;
};

/* Raises an error outside of the frame: bodies declare nothing. [-0, +0, e] */
struct nd_frame nd_frame_begin(lua_State *L, const char *call);
void nd_frame_keys(const struct nd_frame *frame); /* complains of those the verb does not know */
struct nd_text2 nd_frame_sentence(const struct nd_frame *frame);
/* A text, or one in each language; empty when absent. */
struct nd_text2 nd_frame_text2(const struct nd_frame *frame, const char *key);
/* Complains of a text that is not tame (base/text.h). key: NULL: the sentence. */
void nd_frame_check_tame(const struct nd_frame *frame, const char *key, const struct nd_text2 *text,
                         bool lines);
bool nd_frame_has(const struct nd_frame *frame, const char *key);
/* In the drill's arena; NULL when absent. */
const char *nd_frame_text(const struct nd_frame *frame, const char *key, bool required);
/* A text of the characters ids are made of. */
const char *nd_frame_id(const struct nd_frame *frame, const char *key, bool required);
bool nd_frame_flag(const struct nd_frame *frame, const char *key);
nd_ns nd_frame_length(const struct nd_frame *frame, const char *key, nd_ns fallback);
/* A moment "T+..." or, where offset is not NULL, a length: *offset tells which. */
nd_ns nd_frame_at(const struct nd_frame *frame, const char *key, bool *offset);
/* The same of the value at index, for a message about `key`. */
nd_ns nd_frame_at_index(const struct nd_frame *frame, int index, const char *key, bool *offset);
/* How many users a fault touches, and which fault this is about, into `into`. */
void nd_frame_fault(const struct nd_frame *frame, struct nd_step *into);
/* A function, pinned until the scenario is freed; 0 when absent. */
nd_body_ref nd_frame_body(const struct nd_frame *frame, const char *key, bool required);
/* Where a key of the call stands; of the call itself when it has no such key. */
struct nd_place nd_frame_place(const struct nd_frame *frame, const char *key);

/* objectives.c: the drill's `objectives`, into the scenario's list. */
void nd_frame_objectives(const struct nd_frame *frame);
/* availability.c: the drill's `availability`. */
void nd_frame_availability(const struct nd_frame *frame);
int nd_frame_inject(lua_State *L); /* frame_inject.c */

#endif
