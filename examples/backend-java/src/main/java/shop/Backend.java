package shop;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** The shop's back end: it serves its own list of rooms, and keeps it by events and an hourly look. */
public final class Backend implements AutoCloseable {
    private static final int MOST_BODY = 1 << 20;
    private static final long DAY_MS = Duration.ofDays(1).toMillis();
    /** How far back the hourly look goes: older rooms are over, and nothing changes them any more. */
    private static final long LOOK_BACK_MS = 7 * DAY_MS;
    /** Repetitions of an event come within three days. */
    private static final long REMEMBER_MS = 4 * DAY_MS;
    /** Calls kept for what must be made in any case: an hourly look, and a token every second hour. */
    private static final double RESERVE_AN_HOUR = 1.5;

    private final Options options;
    private final Ticker ticker;
    private final Store store;
    private final KaiboClient kaibo;
    private final HttpServer server;
    private final ExecutorService listeners = Executors.newFixedThreadPool(4);
    /** Whoever reads or changes the store holds it, so that a list is never older than what was told before it. */
    private final Object turn = new Object();

    private final Runnable endLooking;
    private long hours;

    /** Listens when this returns, with all rooms there. */
    public Backend(Options options, Ticker ticker) throws IOException {
        this.options = options;
        this.ticker = ticker;
        store = new Store(options.file());
        kaibo = new KaiboClient(options, store, ticker);
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), options.port()), 0);
        server.createContext("/rooms", this::show);
        server.createContext("/kaibo/events", this::hear);
        server.setExecutor(listeners);
        server.start();
        if (store.syncedAt == 0) {
            tryTo(this::readAll);
        }
        endLooking = ticker.every(Duration.ofHours(1), this::look);
    }

    @Override
    public void close() {
        endLooking.run();
        server.stop(0);
        listeners.shutdown();
    }

    /**
     * The hourly look: heals what events did not tell, and costs a 304 while there is no such thing. A list of several
     * pages is looked at every so many hours, so that the calls of a day stay the same.
     */
    private void look() {
        hours += 1;
        if (hours % kaibo.pages() != 0) {
            return;
        }
        tryTo(() -> {
            // The same all day long, so that the answer may be the same.
            var from = ticker.now() - ticker.now() % DAY_MS - LOOK_BACK_MS;
            var rooms = kaibo.roomsFrom(from);
            if (rooms != null) {
                takeList(rooms, from);
            }
            store.syncedAt = ticker.now();
            store.save();
        });
    }

    private void readAll() throws IOException, InterruptedException {
        takeList(kaibo.allRooms(), 0);
        store.syncedAt = ticker.now();
        store.save();
    }

    /** Takes in a list that is whole from {@code from} on: what is not in it was deleted. */
    private void takeList(List<Room> list, long from) {
        var listed = new HashSet<Long>();
        list.forEach(room -> listed.add(room.roomId()));
        store.rooms.values().removeIf(room -> room.startAt() >= from && !listed.contains(room.roomId()));
        list.forEach(room -> store.rooms.put(room.roomId(), room));
    }

    private interface Work {
        void run() throws IOException, InterruptedException;
    }

    /** What fails is told, and healed by the next look. */
    private void tryTo(Work work) {
        synchronized (turn) {
            try {
                work.run();
            } catch (IOException | RuntimeException error) {
                System.err.println("kaibo: " + error.getMessage());
            } catch (InterruptedException error) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void show(HttpExchange exchange) throws IOException {
        var path = exchange.getRequestURI().getPath();
        if (!exchange.getRequestMethod().equals("GET")) {
            send(exchange, 405, Map.of("error", "method"));
        } else if (path.equals("/rooms")) {
            send(exchange, 200, list());
        } else if (path.matches("/rooms/\\d{1,18}")) {
            Room room;
            synchronized (turn) {
                room = store.rooms.get(Long.valueOf(path.substring("/rooms/".length())));
            }
            send(exchange, room == null ? 404 : 200, room == null ? Map.of("error", "room") : room.toMap());
        } else {
            send(exchange, 404, Map.of("error", "path"));
        }
    }

    private Map<String, Object> list() {
        var latestFirst = Comparator.comparingLong(Room::startAt).thenComparingLong(Room::roomId).reversed();
        synchronized (turn) {
            var body = new LinkedHashMap<String, Object>();
            body.put("syncedAt", store.syncedAt);
            body.put("callsToday", store.callsOfDay);
            body.put("rooms", store.rooms.values().stream().sorted(latestFirst).map(Room::toMap).toList());
            return body;
        }
    }

    /** An event: answered with 2xx only once it is on the disk, since it does not come again after that. */
    private void hear(HttpExchange exchange) throws IOException {
        var body = exchange.getRequestBody().readNBytes(MOST_BODY + 1);
        var header = exchange.getRequestHeaders().getFirst("Kaibo-Signature");
        // Kaibo signs by the wall's clock, whatever ours shows.
        if (body.length > MOST_BODY || !isGenuine(body, header)) {
            send(exchange, body.length > MOST_BODY ? 413 : 401, Map.of("error", "signature"));
            return;
        }
        Map<String, Object> event;
        boolean wantsMore;
        try {
            event = Json.object(new String(body, StandardCharsets.UTF_8));
            synchronized (turn) {
                wantsMore = takeEvent(event);
                store.save();
            }
        } catch (RuntimeException error) {
            send(exchange, 400, Map.of("error", "body"));
            return;
        } catch (IOException error) {
            send(exchange, 503, Map.of("error", "store"));
            return;
        }
        send(exchange, 200, Map.of());
        if (wantsMore) {
            tryTo(() -> readOne((long) event.get("roomId")));
        }
    }

    private boolean isGenuine(byte[] body, String header) {
        try {
            return Signature.isGenuine(body, header, options.webhookSecret(), System.currentTimeMillis());
        } catch (GeneralSecurityException error) {
            throw new IllegalStateException("every JDK has HmacSHA256", error);
        }
    }

    /**
     * Takes in an event. Those of a room come in order, but one may come again, and one may come after a list that has
     * it already. Gives whether the room must be asked for: events tell of a plan, not of its cover.
     */
    @SuppressWarnings("unchecked")
    private boolean takeEvent(Map<String, Object> event) {
        store.seen.values().removeIf(at -> at < ticker.now() - REMEMBER_MS);
        var roomId = (long) event.get("roomId");
        var at = (long) event.get("at");
        var data = (Map<String, Object>) event.get("data");
        if (store.seen.putIfAbsent((String) event.get("id"), ticker.now()) != null) {
            return false;
        }
        var held = store.rooms.get(roomId);
        if (held != null && at < held.at()) {
            return false;
        }
        switch ((String) event.get("type")) {
            case "room.created", "room.edited" -> {
                // A room that is deleted by the time it is told has no plan.
                if (!data.containsKey("name")) {
                    return false;
                }
                var before = held == null ? new Room(roomId, "", Room.NOT_STARTED, 0, 0, null, null, at) : held;
                var name = (String) data.get("name");
                store.rooms.put(roomId, before.withPlan(name, (long) data.get("startAt"), (long) data.get("endAt"), at));
                return true;
            }
            case "room.status" -> {
                if (held != null) {
                    store.rooms.put(roomId, held.withStatus((long) data.get("to"), at));
                }
                return held == null;
            }
            case "room.deleted" -> {
                store.rooms.remove(roomId);
                return false;
            }
            default -> {
                return false;
            }
        }
    }

    private void readOne(long roomId) throws IOException, InterruptedException {
        // Else the next hourly look brings it.
        if (!maySpend()) {
            return;
        }
        var room = kaibo.room(roomId);
        if (room == null) {
            store.rooms.remove(roomId);
        } else {
            store.rooms.put(roomId, room);
        }
        store.save();
    }

    private boolean maySpend() {
        var time = Instant.ofEpochMilli(ticker.now()).atZone(KaiboClient.ZONE).toLocalTime();
        return kaibo.left() > (24 - time.getHour()) * RESERVE_AN_HOUR;
    }

    private static void send(HttpExchange exchange, int status, Object body) throws IOException {
        var bytes = Json.text(body).getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json; charset=utf-8");
        exchange.sendResponseHeaders(status, bytes.length);
        try (exchange) {
            exchange.getResponseBody().write(bytes);
        }
    }
}
