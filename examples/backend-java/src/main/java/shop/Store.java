package shop;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** What is remembered over a restart, in one JSON file; a shop has a database for this. */
final class Store {
    /** When all rooms were read last; 0: not yet. */
    long syncedAt;
    final Map<Long, Room> rooms = new TreeMap<>();
    String token;
    long tokenEndsAt;
    /** Answers that need not be sent again while they are the same: name to ETag and body. */
    final Map<String, Map<String, Object>> etags = new LinkedHashMap<>();
    /** Events that were taken in: id to time. */
    final Map<String, Long> seen = new LinkedHashMap<>();
    String day = "";
    long callsOfDay;

    private final Path file;

    @SuppressWarnings("unchecked")
    Store(Path file) throws IOException {
        this.file = file;
        if (!Files.exists(file)) {
            return;
        }
        var data = Json.object(Files.readString(file));
        syncedAt = (long) data.get("syncedAt");
        token = (String) data.get("token");
        tokenEndsAt = (long) data.get("tokenEndsAt");
        day = (String) data.get("day");
        callsOfDay = (long) data.get("callsOfDay");
        for (var room : (Iterable<Map<String, Object>>) data.get("rooms")) {
            rooms.put((long) room.get("roomId"), Room.of(room));
        }
        ((Map<String, Map<String, Object>>) data.get("etags")).forEach(etags::put);
        ((Map<String, Long>) data.get("seen")).forEach(seen::put);
    }

    /** Everything is on the disk when this returns, or the file is the one before. */
    void save() throws IOException {
        var data = new LinkedHashMap<String, Object>();
        data.put("syncedAt", syncedAt);
        data.put("rooms", rooms.values().stream().map(Room::toMap).toList());
        data.put("token", token);
        data.put("tokenEndsAt", tokenEndsAt);
        data.put("etags", etags);
        data.put("seen", seen);
        data.put("day", day);
        data.put("callsOfDay", callsOfDay);
        var next = file.resolveSibling(file.getFileName() + ".new");
        // An access token stands in it.
        var owner = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
        var how = Set.of(StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE);
        try (var out = FileChannel.open(next, how, owner)) {
            var bytes = ByteBuffer.wrap(Json.text(data).getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                out.write(bytes);
            }
            out.force(true);
        }
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
    }
}
