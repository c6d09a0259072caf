package shop;

import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Map;

/** A room as the shop keeps it. {@code at}: as of when it is true, by Kaibo's clock. */
public record Room(
        long roomId, String name, long status, long startAt, long endAt, String anchorName, String coverUrl, long at) {
    /** The status of a room that was just made. */
    public static final long NOT_STARTED = 102;

    /** A row of getliveinfo, whose times are in seconds. */
    static Room fromWechat(Map<String, Object> row, long at) {
        return new Room(
                (long) row.get("roomid"),
                (String) row.get("name"),
                (long) row.get("live_status"),
                (long) row.get("start_time") * 1000,
                (long) row.get("end_time") * 1000,
                (String) row.get("anchor_name"),
                (String) row.get("cover_img"),
                at);
    }

    /** A room of /v1, whose images are paths of {@code base}. */
    static Room fromV1(Map<String, Object> room, String base) {
        var cover = (String) room.get("coverUrl");
        return new Room(
                (long) room.get("roomId"),
                (String) room.get("name"),
                (long) room.get("status"),
                (long) room.get("startAt"),
                (long) room.get("endAt"),
                (String) room.get("anchorName"),
                cover == null ? null : URI.create(base).resolve(cover).toString(),
                (long) room.get("now"));
    }

    /** A room as {@link #toMap} wrote it. */
    static Room of(Map<String, Object> map) {
        return new Room(
                (long) map.get("roomId"),
                (String) map.get("name"),
                (long) map.get("status"),
                (long) map.get("startAt"),
                (long) map.get("endAt"),
                (String) map.get("anchorName"),
                (String) map.get("coverUrl"),
                (long) map.get("at"));
    }

    Room withStatus(long status, long at) {
        return new Room(roomId, name, status, startAt, endAt, anchorName, coverUrl, at);
    }

    Room withPlan(String name, long startAt, long endAt, long at) {
        return new Room(roomId, name, status, startAt, endAt, anchorName, coverUrl, at);
    }

    Map<String, Object> toMap() {
        var map = new LinkedHashMap<String, Object>();
        map.put("roomId", roomId);
        map.put("name", name);
        map.put("status", status);
        map.put("startAt", startAt);
        map.put("endAt", endAt);
        map.put("anchorName", anchorName);
        map.put("coverUrl", coverUrl);
        map.put("at", at);
        return map;
    }
}
