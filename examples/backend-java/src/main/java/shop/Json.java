package shop;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * JSON as maps, lists, strings, numbers (Long where whole, else Double), booleans and null. The JDK has no parser;
 * a shop has Jackson or Gson for this.
 */
public final class Json {
    private static final int DEEPEST = 64;

    private final String text;
    private int at;

    private Json(String text) {
        this.text = text;
    }

    /** The object that a text holds. */
    @SuppressWarnings("unchecked")
    public static Map<String, Object> object(String text) {
        var json = new Json(text);
        var value = json.value(0);
        json.space();
        if (json.at != text.length() || !(value instanceof Map)) {
            throw new IllegalArgumentException("no JSON object");
        }
        return (Map<String, Object>) value;
    }

    private Object value(int depth) {
        if (depth > DEEPEST) {
            throw new IllegalArgumentException("too deep");
        }
        space();
        return switch (peek()) {
            case '{' -> map(depth);
            case '[' -> list(depth);
            case '"' -> string();
            case 't' -> word("true", Boolean.TRUE);
            case 'f' -> word("false", Boolean.FALSE);
            case 'n' -> word("null", null);
            default -> number();
        };
    }

    private Map<String, Object> map(int depth) {
        var map = new LinkedHashMap<String, Object>();
        at++;
        space();
        if (peek() == '}') {
            at++;
            return map;
        }
        do {
            space();
            var key = string();
            space();
            expect(':');
            map.put(key, value(depth + 1));
            space();
        } while (goesOn('}'));
        return map;
    }

    private List<Object> list(int depth) {
        var list = new ArrayList<Object>();
        at++;
        space();
        if (peek() == ']') {
            at++;
            return list;
        }
        do {
            list.add(value(depth + 1));
            space();
        } while (goesOn(']'));
        return list;
    }

    private boolean goesOn(char end) {
        var next = peek();
        at++;
        if (next != ',' && next != end) {
            throw new IllegalArgumentException("at " + at);
        }
        return next == ',';
    }

    private String string() {
        expect('"');
        var out = new StringBuilder();
        while (peek() != '"') {
            var next = text.charAt(at++);
            if (next != '\\') {
                out.append(next);
                continue;
            }
            var escaped = peek();
            at++;
            switch (escaped) {
                case 'n' -> out.append('\n');
                case 't' -> out.append('\t');
                case 'r' -> out.append('\r');
                case 'b' -> out.append('\b');
                case 'f' -> out.append('\f');
                case 'u' -> {
                    out.append((char) Integer.parseInt(text.substring(at, at + 4), 16));
                    at += 4;
                }
                default -> out.append(escaped);
            }
        }
        at++;
        return out.toString();
    }

    private Object number() {
        var from = at;
        while (at < text.length() && "+-.eE0123456789".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
        var number = text.substring(from, at);
        if (number.matches("-?\\d{1,18}")) {
            return Long.valueOf(number);
        }
        return Double.valueOf(number);
    }

    private Object word(String word, Object value) {
        if (!text.startsWith(word, at)) {
            throw new IllegalArgumentException("at " + at);
        }
        at += word.length();
        return value;
    }

    private void space() {
        while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
            at++;
        }
    }

    private char peek() {
        if (at >= text.length()) {
            throw new IllegalArgumentException("broken off");
        }
        return text.charAt(at);
    }

    private void expect(char wanted) {
        if (peek() != wanted) {
            throw new IllegalArgumentException("at " + at);
        }
        at++;
    }

    /** A value as JSON. */
    public static String text(Object value) {
        var out = new StringBuilder();
        write(value, out);
        return out.toString();
    }

    private static void write(Object value, StringBuilder out) {
        if (value instanceof Map<?, ?> map) {
            var between = "{";
            for (var entry : map.entrySet()) {
                out.append(between);
                quote(String.valueOf(entry.getKey()), out);
                out.append(':');
                write(entry.getValue(), out);
                between = ",";
            }
            out.append(map.isEmpty() ? "{}" : "}");
        } else if (value instanceof Iterable<?> list) {
            out.append('[');
            var between = "";
            for (var one : list) {
                out.append(between);
                write(one, out);
                between = ",";
            }
            out.append(']');
        } else if (value instanceof String string) {
            quote(string, out);
        } else {
            out.append(value);
        }
    }

    private static void quote(String string, StringBuilder out) {
        out.append('"');
        for (var c : string.toCharArray()) {
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < ' ') {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        out.append('"');
    }
}
