//! The plot of cost against viewers as SVG. It brings its own ground, so that it can be read on a light
//! page and on a dark one.

use std::fmt::Write as _;

use crate::matrix::Run;
use crate::results::{is_peer, middle};

const WIDTH: f64 = 820.0;
const HEIGHT: f64 = 460.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 656.0;
const TOP: f64 = 84.0;
const BOTTOM: f64 = 396.0;
const VIEWERS: [usize; 5] = [100, 500, 1_000, 2_000, 4_000];
/// Both axes are logarithmic: from one step to the next is a doubling.
const LEAST_COST: f64 = 0.2;
const MOST_COST: f64 = 8.0;
const COSTS: [f64; 6] = [0.25, 0.5, 1.0, 2.0, 4.0, 8.0];
/// Between the base lines of labels.
const LABEL_STEP: f64 = 17.0;

const STYLE: &str = "\
.ground{fill:#ffffff;stroke:#d1d9e0}.ink{fill:#1f2328}.soft{fill:#59636e}.grid{stroke:#e4e8ec}\
.kaibo{stroke:#d1242f;fill:#d1242f}.floor{stroke:#6e7781;fill:#6e7781}.peer{stroke:#0969da;fill:#0969da}\
.line{fill:none;stroke-width:2.5;stroke-linejoin:round}.floor.line{stroke-dasharray:6 5}\
.label{stroke:none;font-weight:600}\
@media (prefers-color-scheme:dark){.ground{fill:#0d1117;stroke:#3d444d}.ink{fill:#f0f6fc}.soft{fill:#9198a1}\
.grid{stroke:#262c36}.kaibo{stroke:#ff7b72;fill:#ff7b72}.floor{stroke:#9198a1;fill:#9198a1}\
.peer{stroke:#58a6ff;fill:#58a6ff}.label{stroke:none}}";

/// A point with its words; the words may move up or down to make room.
struct Label {
    class: &'static str,
    text: String,
    x: f64,
    y: f64,
}

/// The whole picture.
pub(crate) fn svg(run: &Run) -> String {
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" \
         role=\"img\" aria-label=\"CPU seconds per GB against viewers\" \
         font-family=\"system-ui,-apple-system,'Segoe UI',Helvetica,Arial,sans-serif\" font-size=\"13\">\n\
         <style>{STYLE}</style>\n\
         <rect class=\"ground\" x=\"0.5\" y=\"0.5\" width=\"{}\" height=\"{}\" rx=\"8\"/>\n\
         <text class=\"ink\" x=\"24\" y=\"34\" font-size=\"17\" font-weight=\"600\">What a viewer costs</text>\n\
         <text class=\"soft\" x=\"24\" y=\"56\">CPU seconds of the server for each GB delivered; lower is better. Both axes double step by step.</text>\n",
        WIDTH - 1.0,
        HEIGHT - 1.0
    );
    axes(&mut out);
    let mut labels = Vec::new();
    labels.extend(curve(&mut out, run, "floor", "floor, 100 ms"));
    labels.extend(curve(&mut out, run, "kaibo", "Kaibo, 100 ms"));
    labels.sort_by(|a, b| a.y.total_cmp(&b.y));
    write_labels(&mut out, labels, None);
    let mut points = points(run);
    points.sort_by(|a, b| a.y.total_cmp(&b.y));
    write_labels(&mut out, points, Some(4.5));
    out + "</svg>\n"
}

fn axes(out: &mut String) {
    for cost in COSTS {
        let y = y_of(cost);
        let _ = writeln!(
            out,
            "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{RIGHT}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
             <text class=\"soft\" x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{cost}</text>",
            LEFT - 10.0,
            y + 4.5
        );
    }
    for viewers in VIEWERS {
        let _ = writeln!(
            out,
            "<text class=\"soft\" x=\"{:.1}\" y=\"{}\" text-anchor=\"middle\">{viewers}</text>",
            x_of(viewers),
            BOTTOM + 22.0
        );
    }
    let _ = writeln!(
        out,
        "<text class=\"soft\" x=\"{:.1}\" y=\"{}\" text-anchor=\"middle\">viewers of one stream of 2.16 Mbit/s</text>",
        f64::midpoint(LEFT, RIGHT),
        BOTTOM + 44.0
    );
}

/// A line with a dot for each number of viewers; its label stands at its end.
fn curve(out: &mut String, run: &Run, server: &'static str, words: &str) -> Option<Label> {
    let class = server;
    let cost = |viewers| {
        middle(&run.usual(server, 100, viewers), |figure| {
            figure.cpu_s_per_gb
        })
    };
    let dots: Vec<(f64, f64)> = VIEWERS
        .iter()
        .filter_map(|viewers| Some((x_of(*viewers), y_of(cost(*viewers)?))))
        .collect();
    let path: Vec<String> = dots.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    let _ = writeln!(
        out,
        "<polyline class=\"{class} line\" points=\"{}\"/>",
        path.join(" ")
    );
    for (x, y) in &dots {
        let _ = writeln!(
            out,
            "<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.5\"/>"
        );
    }
    let (x, y) = *dots.last()?;
    Some(Label {
        class,
        text: words.to_owned(),
        x,
        y,
    })
}

/// Single figures: both of ours where every tag is sent at once, and the other servers.
fn points(run: &Run) -> Vec<Label> {
    let at_once = [("floor", "floor, every tag"), ("kaibo", "Kaibo, every tag")];
    let ours = at_once.into_iter().filter_map(|(class, text)| {
        let cost = middle(&run.usual(class, 0, 1_000), |figure| figure.cpu_s_per_gb)?;
        Some(Label {
            class,
            text: text.to_owned(),
            x: x_of(1_000),
            y: y_of(cost),
        })
    });
    let peers = run
        .figures
        .iter()
        .filter(|figure| is_peer(figure))
        .map(|figure| Label {
            class: "peer",
            text: match figure.batch_ms {
                0 => figure.server.clone(),
                ms => format!("{}, {ms} ms", figure.server),
            },
            x: x_of(figure.viewers),
            y: y_of(figure.cpu_s_per_gb),
        });
    ours.chain(peers).collect()
}

/// Writes labels right of their points, from the top down, none over another.
fn write_labels(out: &mut String, labels: Vec<Label>, dot: Option<f64>) {
    let mut lowest = f64::NEG_INFINITY;
    for Label { class, text, x, y } in labels {
        if let Some(radius) = dot {
            let _ = writeln!(
                out,
                "<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\"/>"
            );
        }
        let base = (y + 4.5).max(lowest + LABEL_STEP);
        lowest = base;
        let _ = writeln!(
            out,
            "<text class=\"{class} label\" x=\"{:.1}\" y=\"{base:.1}\">{text}</text>",
            x + 12.0
        );
    }
}

fn x_of(viewers: usize) -> f64 {
    let (least, most) = (VIEWERS[0] as f64, VIEWERS[VIEWERS.len() - 1] as f64);
    LEFT + 24.0 + (viewers as f64 / least).log2() / (most / least).log2() * (RIGHT - LEFT - 48.0)
}

fn y_of(cost: f64) -> f64 {
    let cost = cost.clamp(LEAST_COST, MOST_COST);
    BOTTOM - (cost / LEAST_COST).log2() / (MOST_COST / LEAST_COST).log2() * (BOTTOM - TOP)
}

#[cfg(test)]
mod tests {
    use super::{BOTTOM, Label, TOP, VIEWERS, write_labels, x_of, y_of};

    #[test]
    fn dearer_is_higher_and_more_viewers_are_further_right() {
        assert!(y_of(2.0) < y_of(1.0));
        assert!((y_of(0.01) - BOTTOM).abs() < 1e-9 && (y_of(99.0) - TOP).abs() < 1e-9);
        assert!(VIEWERS.map(x_of).is_sorted());
    }

    #[test]
    fn labels_of_equal_points_do_not_lie_over_each_other() {
        let label = |text: &str| Label {
            class: "peer",
            text: text.into(),
            x: 1.0,
            y: 100.0,
        };
        let mut out = String::new();
        write_labels(&mut out, vec![label("a"), label("b")], None);
        assert!(
            out.contains("y=\"104.5\">a<") && out.contains("y=\"121.5\">b<"),
            "{out}"
        );
    }
}
