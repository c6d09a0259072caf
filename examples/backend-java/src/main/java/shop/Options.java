package shop;

import java.nio.file.Path;

/** What a back end is told at its start. */
public record Options(String url, String appid, String secret, String webhookSecret, Path file, int mostCalls, int port) {
    /** From the environment; README.md says what each is. */
    public static Options fromEnvironment() {
        return new Options(
                needed("KAIBO_URL").replaceAll("/$", ""),
                needed("KAIBO_APPID"),
                needed("KAIBO_SECRET"),
                needed("KAIBO_WEBHOOK_SECRET"),
                Path.of(or("STORE", "rooms.json")),
                Integer.parseInt(or("MOST_CALLS", "50")),
                Integer.parseInt(or("PORT", "3000")));
    }

    private static String needed(String name) {
        var value = System.getenv(name);
        if (value == null || value.isEmpty()) {
            throw new IllegalArgumentException(name + " is not set; see README.md");
        }
        return value;
    }

    private static String or(String name, String usual) {
        var value = System.getenv(name);
        return value == null ? usual : value;
    }
}
