//! The web pages: built by `web/`, carried in the binary.

use std::borrow::Cow;
use std::sync::LazyLock;

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use rust_embed::RustEmbed;

use crate::openapi;

#[derive(RustEmbed)]
#[folder = "../../web/dist"]
struct Dist;

/// Looks a built file up, such as `room/index.html`.
type Files = fn(&str) -> Option<Cow<'static, [u8]>>;

/// What a page may do: its own scripts, styles, pictures and streams, nothing else. Players make
/// their sources and workers from blobs.
const POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self'; \
    img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'; \
    worker-src 'self' blob:; object-src 'none'; frame-ancestors 'none'; base-uri 'none'; \
    form-action 'self'";

const NOT_BUILT: &str = "The web pages are not built into this server. Run `make build` and start \
    it again.\n\n此服务未包含网页，请运行 `make build` 后重新启动。\n";

/// Every page and what belongs to it.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    routes_over(|path| Dist::get(path).map(|file| file.data))
}

fn routes_over<S: Clone + Send + Sync + 'static>(files: Files) -> Router<S> {
    let page = |app: &'static str| get(async move || page(files, app));
    Router::new()
        .route("/", get(async || Redirect::temporary("/console/")))
        .route("/console", get(async || Redirect::temporary("/console/")))
        .route("/console/", page("console"))
        .route("/console/{*view}", page("console"))
        .route("/a/{code}", page("studio"))
        .route("/r/{room_id}", page("room"))
        .route("/verify/{token}", page("room"))
        .route("/docs/api", page("reference"))
        .route("/docs/api/openapi.json", get(openapi_document))
        .route(
            "/assets/{*file}",
            get(async move |Path(file): Path<String>| asset(files, &file)),
        )
}

/// The document that the page at `/docs/api` shows, for generators of clients too.
async fn openapi_document() -> Response {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        let document = openapi::document().to_json();
        document.expect("names and texts alone stand in it")
    });
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, TEXT.as_str()).into_response()
}

fn page(files: Files, app: &str) -> Response {
    let Some(html) = files(&format!("{app}/index.html")) else {
        let plain = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
        return (StatusCode::SERVICE_UNAVAILABLE, plain, NOT_BUILT).into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // Codes stand in the paths of pages and must not leak to another site.
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
    ];
    (headers, html).into_response()
}

/// Built files have a hash of their content in their names, so they may be kept for ever.
fn asset(files: Files, path: &str) -> Response {
    let kind = mime_guess::from_path(path).first_or_octet_stream();
    let hidden =
        kind.essence_str() == "text/html" || path.split('/').any(|part| part.starts_with('.'));
    match files(path).filter(|_| !hidden) {
        Some(bytes) => {
            let headers = [
                (header::CONTENT_TYPE, kind.as_ref()),
                (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
                (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            ];
            (headers, bytes).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use tower::ServiceExt as _;

    use super::*;

    fn built(path: &str) -> Option<Cow<'static, [u8]>> {
        let text: &str = match path {
            "console/index.html" => "console",
            "studio/index.html" => "studio",
            "room/index.html" => "room",
            "reference/index.html" => "reference",
            "room/index-1a2b.js" => "script",
            _ => return None,
        };
        Some(text.as_bytes().into())
    }

    async fn get_from(files: Files, path: &str) -> (Response, String) {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let router: Router = routes_over(files);
        let (head, body) = router.oneshot(request).await.unwrap().into_parts();
        let body = to_bytes(body, 1 << 20).await.unwrap().to_vec();
        (
            Response::from_parts(head, Body::empty()),
            String::from_utf8(body).unwrap(),
        )
    }

    #[tokio::test]
    async fn every_page_is_the_index_of_its_app_and_is_not_kept() {
        for (path, app) in [
            ("/console/", "console"),
            ("/console/apps/wx01/rooms", "console"),
            ("/a/secretcode", "studio"),
            ("/r/1234567", "room"),
            ("/verify/token", "room"),
            ("/docs/api", "reference"),
        ] {
            let (answer, body) = get_from(built, path).await;
            assert_eq!(body, app, "{path}");
            let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
            assert_eq!(header("cache-control"), "no-store");
            assert_eq!(header("referrer-policy"), "no-referrer");
            assert_eq!(header("x-content-type-options"), "nosniff");
            assert_eq!(header("cross-origin-opener-policy"), "same-origin");
            let policy = header("content-security-policy");
            assert!(policy.contains("script-src 'self';"), "{policy}");
            assert!(!policy.contains("unsafe"), "{policy}");
            assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
        }
        let (answer, _) = get_from(built, "/").await;
        assert_eq!(answer.headers()["location"], "/console/");
    }

    #[tokio::test]
    async fn assets_are_kept_for_ever_and_pages_are_no_assets() {
        let (answer, body) = get_from(built, "/assets/room/index-1a2b.js").await;
        assert_eq!(body, "script");
        assert_eq!(answer.headers()["content-type"], "text/javascript");
        let kept = answer.headers()["cache-control"].to_str().unwrap();
        assert!(kept.contains("immutable"));
        for path in [
            "/assets/room/index.html",
            "/assets/room/none.js",
            "/assets/room/../room/index-1a2b.js",
            "/assets/.gitkeep",
        ] {
            let (answer, _) = get_from(built, path).await;
            assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
        }
    }

    #[tokio::test]
    async fn the_reference_finds_its_document_beside_it() {
        let (answer, body) = get_from(built, "/docs/api/openapi.json").await;
        assert_eq!(answer.headers()["content-type"], "application/json");
        let document: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert!(document["paths"]["/v1/rooms/{roomId}"]["get"].is_object());
    }

    #[tokio::test]
    async fn a_server_without_pages_says_how_to_build_them() {
        let (answer, body) = get_from(|_| None, "/r/1").await;
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(body.contains("make build"), "{body}");
    }
}
