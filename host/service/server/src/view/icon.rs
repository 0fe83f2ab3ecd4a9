//! Pictures of 20 by 20 points, drawn as lines in the colour of the text beside them. They say nothing that the text does not, and
//! are hidden from who listens to a page.

use askama::filters::HtmlSafe;

/// A picture.
#[derive(Debug, Clone, Copy)]
pub struct Icon(&'static str);

impl std::fmt::Display for Icon {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            r#"<svg class="icon" viewBox="0 0 20 20" width="20" height="20" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">{}</svg>"#,
            self.0
        )
    }
}

// Made of the constants below and nothing else.
impl HtmlSafe for Icon {}

/// A picture by its name; an unknown name is an empty one.
#[must_use]
pub fn icon(name: &str) -> Icon {
    Icon(match name {
        "overview" => {
            r#"<rect x="3" y="3" width="6" height="8" rx="1.2"/><rect x="11.5" y="3" width="5.5" height="5" rx="1.2"/><rect x="3" y="13.5" width="6" height="3.5" rx="1.2"/><rect x="11.5" y="10.5" width="5.5" height="6.5" rx="1.2"/>"#
        }
        "integrations" => r#"<path d="M7 3v4M13 3v4M5 7h10v3a5 5 0 0 1-10 0zM10 15v3"/>"#,
        "collections" => {
            r#"<ellipse cx="10" cy="5" rx="6" ry="2.3"/><path d="M4 5v5c0 1.3 2.7 2.3 6 2.3s6-1 6-2.3V5M4 10v5c0 1.3 2.7 2.3 6 2.3s6-1 6-2.3v-5"/>"#
        }
        "workflows" => {
            r#"<rect x="2.5" y="3" width="5" height="5" rx="1.2"/><rect x="12.5" y="12" width="5" height="5" rx="1.2"/><path d="M7.5 5.5h4a2 2 0 0 1 2 2V12M13.5 12l-2-2M13.5 12l2-2"/>"#
        }
        "runs" => r#"<circle cx="10" cy="10" r="7"/><path d="M8.3 7.2v5.6l4.4-2.8z"/>"#,
        "audit" => r#"<path d="M5 2.5h7l3.5 3.5v11.5H5zM12 2.5V6h3.5M7.5 9.5h5M7.5 12h5M7.5 14.5h3"/>"#,
        "users" => {
            r#"<circle cx="8" cy="7" r="3"/><path d="M2.5 17c.3-3.2 2.5-5 5.5-5s5.2 1.8 5.5 5M13 4.3a3 3 0 0 1 0 5.4M15 12.5c1.5.8 2.4 2.4 2.5 4.5"/>"#
        }
        "account" => {
            r#"<circle cx="10" cy="7" r="3.2"/><path d="M3.5 17.5c.5-3.7 3.1-5.6 6.5-5.6s6 1.9 6.5 5.6"/>"#
        }
        "log-out" => {
            r#"<path d="M12 6V4a1 1 0 0 0-1-1H4.5a1 1 0 0 0-1 1v12a1 1 0 0 0 1 1H11a1 1 0 0 0 1-1v-2M8 10h9M14.5 7.5 17 10l-2.5 2.5"/>"#
        }
        "menu" => r#"<path d="M3 5.5h14M3 10h14M3 14.5h14"/>"#,
        "plus" => r#"<path d="M10 4v12M4 10h12"/>"#,
        "play" => r#"<path d="M6.5 4.2v11.6l9-5.8z"/>"#,
        "stop" => r#"<rect x="5" y="5" width="10" height="10" rx="1.5"/>"#,
        "pause" => r#"<path d="M7 4.5v11M13 4.5v11"/>"#,
        "repeat" => {
            r#"<path d="M4 9a6 6 0 0 1 10.5-3.2L16.5 8M16.5 3.5V8H12M16 11a6 6 0 0 1-10.5 3.2L3.5 12M3.5 16.5V12H8"/>"#
        }
        "edit" => r#"<path d="M12.8 4.2 15.8 7.2 7 16l-3.7.7L4 13z"/>"#,
        "copy" => {
            r#"<rect x="7" y="7" width="9.5" height="9.5" rx="1.5"/><path d="M13 7V4.5A1 1 0 0 0 12 3.5H4.5a1 1 0 0 0-1 1V12a1 1 0 0 0 1 1H7"/>"#
        }
        "delete" => r#"<path d="M4 6h12M8 6V4h4v2M5.5 6l.7 10.5h7.6L14.5 6M8.5 9v4.5M11.5 9v4.5"/>"#,
        "download" => r#"<path d="M10 3v9.5M6.5 9 10 12.5 13.5 9M4 16.5h12"/>"#,
        "upload" => r#"<path d="M10 13V3.5M6.5 7 10 3.5 13.5 7M4 16.5h12"/>"#,
        "search" => r#"<circle cx="9" cy="9" r="5"/><path d="m13 13 4 4"/>"#,
        "filter" => r#"<path d="M3 4.5h14L12 11v5l-4-2v-3z"/>"#,
        "clock" => r#"<circle cx="10" cy="10" r="7"/><path d="M10 6v4l2.7 2"/>"#,
        "check" => r#"<path d="m4.5 10.5 3.7 3.7 7.3-8"/>"#,
        "cross" => r#"<path d="m5.5 5.5 9 9M14.5 5.5l-9 9"/>"#,
        "warning" => r#"<path d="M10 3.5 17.5 16.5h-15zM10 8.5v3.5M10 14.3v.1"/>"#,
        "information" => r#"<circle cx="10" cy="10" r="7"/><path d="M10 9.5V14M10 6.5v.1"/>"#,
        "lock" => {
            r#"<rect x="4.5" y="9" width="11" height="8" rx="1.5"/><path d="M7 9V6.5a3 3 0 0 1 6 0V9"/>"#
        }
        "key" => r#"<circle cx="6.5" cy="13.5" r="3.3"/><path d="m9 11 7.5-7.5M13.5 6.5l2.5 2.5"/>"#,
        "shield" => r#"<path d="M10 2.5 16 5v5c0 3.7-2.5 6.3-6 7.5-3.5-1.2-6-3.8-6-7.5V5z"/>"#,
        "left" => r#"<path d="M12.5 4.5 7 10l5.5 5.5"/>"#,
        "right" => r#"<path d="M7.5 4.5 13 10l-5.5 5.5"/>"#,
        "up" => r#"<path d="M4.5 12.5 10 7l5.5 5.5"/>"#,
        "down" => r#"<path d="M4.5 7.5 10 13l5.5-5.5"/>"#,
        "settings" => {
            r#"<path d="M3 6h7M14 6h3M3 14h3M10 14h7"/><circle cx="12" cy="6" r="2"/><circle cx="8" cy="14" r="2"/>"#
        }
        "calendar" => {
            r#"<rect x="3" y="4.5" width="14" height="12.5" rx="1.5"/><path d="M3 8.5h14M7 2.5v4M13 2.5v4"/>"#
        }
        "file" => r#"<path d="M5 2.5h6.5L15 6v11.5H5zM11.5 2.5V6H15"/>"#,
        "link" => {
            r#"<path d="M8.5 11.5a3 3 0 0 0 4.3 0l3-3a3 3 0 0 0-4.3-4.3l-1 1M11.5 8.5a3 3 0 0 0-4.3 0l-3 3a3 3 0 0 0 4.3 4.3l1-1"/>"#
        }
        "light" => {
            r#"<circle cx="10" cy="10" r="3.5"/><path d="M10 2.5v2M10 15.5v2M2.5 10h2M15.5 10h2M4.7 4.7l1.4 1.4M13.9 13.9l1.4 1.4M4.7 15.3l1.4-1.4M13.9 6.1l1.4-1.4"/>"#
        }
        "dark" => r#"<path d="M16.5 12A7 7 0 0 1 8 3.5 7 7 0 1 0 16.5 12z"/>"#,
        "system" => r#"<rect x="2.5" y="4" width="15" height="9.5" rx="1.5"/><path d="M7 17h6M10 13.5V17"/>"#,
        _ => "",
    })
}
