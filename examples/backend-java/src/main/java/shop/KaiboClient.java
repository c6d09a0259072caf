package shop;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The calls that go to Kaibo: each is counted, and none is made beyond the day's budget. */
final class KaiboClient {
    /** Kaibo's day begins at midnight here, unless {@code room.time_zone} says otherwise. */
    static final ZoneId ZONE = ZoneId.of("Asia/Shanghai");

    private static final long TOKEN_MARGIN_MS = Duration.ofMinutes(5).toMillis();
    private static final Set<Long> TOKEN_IS_OVER = Set.of(40001L, 40014L, 42001L);
    /** WeChat's way to say that there is nothing (more). */
    private static final long LIST_EMPTY = 9_410_000;
    /** getliveinfo gives 50 rows at most, /v1 100. */
    private static final int WECHAT_ROWS = 50;

    private static final int V1_ROWS = 100;

    private final Options options;
    private final Store store;
    private final Ticker ticker;
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(5))
            .build();
    /** Pages of the list that was read last by {@link #roomsFrom}. */
    private int pages = 1;

    KaiboClient(Options options, Store store, Ticker ticker) {
        this.options = options;
        this.store = store;
        this.ticker = ticker;
    }

    int pages() {
        return pages;
    }

    /** Calls that may still be made today. */
    long left() {
        return options.mostCalls() - (store.day.equals(today()) ? store.callsOfDay : 0);
    }

    /** Every room, page by page, as WeChat's API lists them. */
    List<Room> allRooms() throws IOException, InterruptedException {
        var rooms = new ArrayList<Room>();
        long at = 0;
        for (; ; ) {
            var asked = Map.of("start", rooms.size(), "limit", WECHAT_ROWS);
            var answer = wechat("/wxa/business/getliveinfo", asked, true);
            var page = Json.object(answer.body());
            if (at == 0) {
                // As of when by Kaibo's own clock, since its events are compared with it.
                var date = answer.headers().firstValue("date").orElseThrow();
                at = ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant().toEpochMilli();
            }
            if ((long) page.get("errcode") == LIST_EMPTY) {
                return rooms;
            }
            for (var row : objects(page.get("room_info"))) {
                rooms.add(Room.fromWechat(row, at));
            }
            if (rooms.size() >= (long) page.get("total")) {
                return rooms;
            }
        }
    }

    /** Rooms that are planned for {@code from} or later; null: nothing has changed since this was asked last. */
    List<Room> roomsFrom(long from) throws IOException, InterruptedException {
        var rooms = new ArrayList<Room>();
        var changed = false;
        for (; ; ) {
            var query = "startFrom=%d&offset=%d&limit=%d".formatted(from, rooms.size(), V1_ROWS);
            var page = v1("/rooms?" + query, "rooms+" + rooms.size(), true);
            changed |= page.isNew();
            var rows = objects(page.body().get("rooms"));
            for (var row : rows) {
                rooms.add(Room.fromV1(row, options.url()));
            }
            var total = (long) page.body().get("total");
            pages = (int) Math.max(1, (total + V1_ROWS - 1) / V1_ROWS);
            if (rooms.size() >= total || rows.isEmpty()) {
                return changed ? rooms : null;
            }
        }
    }

    /** One room; null: there is no such room. */
    Room room(long roomId) throws IOException, InterruptedException {
        var page = v1("/rooms/" + roomId, null, true);
        return page.body() == null ? null : Room.fromV1(page.body(), options.url());
    }

    private record Page(boolean isNew, Map<String, Object> body) {}

    /** A token that lives; it is kept, so a restart costs none. */
    private String token() throws IOException, InterruptedException {
        if (store.token != null && store.tokenEndsAt - TOKEN_MARGIN_MS > ticker.now()) {
            return store.token;
        }
        // Servers that ask for a stable token at once all get the same.
        var asked = new LinkedHashMap<String, Object>();
        asked.put("grant_type", "client_credential");
        asked.put("appid", options.appid());
        asked.put("secret", options.secret());
        var said = Json.object(send(post("/cgi-bin/stable_token", asked)).body());
        if (!(said.get("access_token") instanceof String token)) {
            throw new IOException("stable_token: " + said.get("errcode") + " " + said.get("errmsg"));
        }
        store.token = token;
        store.tokenEndsAt = ticker.now() + (long) said.get("expires_in") * 1000;
        store.save();
        return token;
    }

    private HttpResponse<String> wechat(String path, Object body, boolean again)
            throws IOException, InterruptedException {
        var answer = send(post(path + "?access_token=" + token(), body));
        var said = Json.object(answer.body());
        var code = (long) said.get("errcode");
        if (TOKEN_IS_OVER.contains(code) && again) {
            store.token = null;
            return wechat(path, body, false);
        }
        if (code != 0 && code != LIST_EMPTY) {
            throw new IOException(path + ": " + code + " " + said.get("errmsg"));
        }
        return answer;
    }

    /** {@code tag}: under which name the answer is kept, so that the same is not sent again. */
    @SuppressWarnings("unchecked")
    private Page v1(String path, String tag, boolean again) throws IOException, InterruptedException {
        var held = tag == null ? null : store.etags.get(tag);
        var request = HttpRequest.newBuilder(URI.create(options.url() + "/v1/apps/" + options.appid() + path))
                .header("Authorization", "Bearer " + token());
        if (held != null) {
            request.header("If-None-Match", (String) held.get("etag"));
        }
        var answer = send(request);
        if (answer.statusCode() == 304 && held != null) {
            return new Page(false, (Map<String, Object>) held.get("body"));
        }
        if (answer.statusCode() == 404) {
            return new Page(true, null);
        }
        if (answer.statusCode() == 401 && again) {
            store.token = null;
            return v1(path, tag, false);
        }
        if (answer.statusCode() != 200) {
            throw new IOException(path + ": HTTP " + answer.statusCode());
        }
        var body = Json.object(answer.body());
        if (tag != null) {
            var etag = answer.headers().firstValue("etag").orElse("");
            store.etags.put(tag, new LinkedHashMap<>(Map.of("etag", etag, "body", body)));
        }
        return new Page(true, body);
    }

    private HttpRequest.Builder post(String path, Object body) {
        return HttpRequest.newBuilder(URI.create(options.url() + path))
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(Json.text(body)));
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        if (left() <= 0) {
            throw new IOException("all calls of the day are made");
        }
        store.callsOfDay = store.day.equals(today()) ? store.callsOfDay + 1 : 1;
        store.day = today();
        return http.send(request.timeout(Duration.ofSeconds(10)).build(), BodyHandlers.ofString());
    }

    private String today() {
        return Instant.ofEpochMilli(ticker.now()).atZone(ZONE).toLocalDate().toString();
    }

    @SuppressWarnings("unchecked")
    private static List<Map<String, Object>> objects(Object list) {
        return (List<Map<String, Object>>) list;
    }
}
