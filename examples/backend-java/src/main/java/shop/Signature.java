package shop;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Whether an event comes from Kaibo: HMAC-SHA-256 over {@code <seconds>.<body>} under the webhook's secret. */
final class Signature {
    private static final Pattern FORM = Pattern.compile("t=(\\d{1,12}),v1=([0-9a-f]{64})");
    /** An old event that somebody recorded is none of ours. */
    private static final long OLDEST_SECONDS = 300;

    private Signature() {}

    /** {@code header}: {@code Kaibo-Signature}; {@code body}: the bytes as they came. */
    static boolean isGenuine(byte[] body, String header, String secret, long now) throws GeneralSecurityException {
        var parts = FORM.matcher(header == null ? "" : header);
        if (!parts.matches() || Math.abs(now / 1000 - Long.parseLong(parts.group(1))) > OLDEST_SECONDS) {
            return false;
        }
        var mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
        mac.update((parts.group(1) + ".").getBytes(StandardCharsets.UTF_8));
        return MessageDigest.isEqual(mac.doFinal(body), HexFormat.of().parseHex(parts.group(2)));
    }
}
