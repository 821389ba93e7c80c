#include "location.h"

#include "../common/exercise.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RADIUS_MAX 100000 /* m */

/* A number up to `limit` either way; NULL: there is none. */
static const char *number(const char *text, double limit, double *value)
{
    char *end = NULL;
    *value = strtod(text, &end);
    return end != text && *value >= -limit && *value <= limit ? end : NULL;
}

int location_read(const char *text, struct location *location, char *why, size_t bytes)
{
    double north = 0;
    double east = 0;
    double radius = 0;
    size_t plain = strspn(text, "0123456789.,- ");
    const char *at = text[plain] == '\0' ? number(text, 90, &north) : NULL;
    if (at != NULL && *at == ',')
        at = number(at + 1, 180, &east);
    else
        at = NULL;
    if (at != NULL && *at == ',')
        at = number(at + 1, RADIUS_MAX, &radius);
    if (at == NULL || *at != '\0' || radius < 0) {
        snprintf(why, bytes,
                 "location '%.60s' is no position in degrees north and east such as "
                 "\"23.1417,120.1019\", or with a circle of metres \"23.1417,120.1019,50\"",
                 text);
        return 0;
    }
    snprintf(location->position, sizeof location->position, "%.5f %.5f", north, east);
    location->radius = (long)(radius + 0.5);
    return 1;
}

static int shape(const struct location *location, char *out, size_t bytes)
{
    static const char crs[] = "srsName=\"urn:ogc:def:crs:EPSG::4326\"";
    if (location->radius == 0)
        return snprintf(out, bytes, "<gml:Point %s><gml:pos>%s</gml:pos></gml:Point>", crs,
                        location->position);
    return snprintf(out, bytes,
                    "<gs:Circle %s><gml:pos>%s</gml:pos>"
                    "<gs:radius uom=\"urn:ogc:def:uom:EPSG::9001\">%ld</gs:radius></gs:Circle>",
                    crs, location->position, location->radius);
}

int location_put(const struct location *location, const char *whose, const char *cookie,
                 struct sip_request *request, struct location_body *body)
{
    char where[300];
    const char *user = strchr(whose, ':');
    shape(location, where, sizeof where);
    snprintf(body->id, sizeof body->id, "%s@netdrill.invalid", cookie);
    snprintf(body->type, sizeof body->type, "multipart/mixed;boundary=%s", cookie);
    int len =
        snprintf(body->bytes, sizeof body->bytes,
                 "--%s\r\nContent-Type: application/sdp\r\n\r\n%s\r\n"
                 "--%s\r\nContent-Type: application/pidf+xml\r\nContent-ID: <%s>\r\n\r\n"
                 "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
                 "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\""
                 " xmlns:gp=\"urn:ietf:params:xml:ns:pidf:geopriv10\" "
                 "xmlns:gml=\"http://www.opengis.net/gml\""
                 " xmlns:gs=\"http://www.opengis.net/pidflo/1.0\" entity=\"pres%s\">\r\n"
                 "<tuple id=\"caller\"><status><gp:geopriv><gp:location-info>%s</gp:location-info>"
                 "<gp:usage-rules/><gp:method>Manual</gp:method></gp:geopriv></status>"
                 "<note>" EXERCISE_MARK_FULL "a position that the drill gives</note></tuple>\r\n"
                 "</presence>\r\n--%s--\r\n",
                 cookie, request->body, cookie, body->id, user != NULL ? user : ":", where, cookie);
    request->body = body->bytes;
    request->type = body->type;
    request->location = body->id;
    return len > 0 && (size_t)len < sizeof body->bytes;
}
