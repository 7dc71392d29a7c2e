//! Pictures of mistakes as rustc draws them.

use std::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use crate::mistake::{Also, Mistake};
use crate::mistakes::Mistakes;

/// Two places further apart than this many bytes are drawn as two snippets.
const NEAR: usize = 4096;

/// Draws every mistake, with an empty line between two.
pub(crate) fn draw(mistakes: &Mistakes, color: bool) -> String {
    let renderer = if color {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let pictures: Vec<String> = mistakes
        .iter()
        .map(|mistake| renderer.render(&[group(mistakes, mistake)]) + "\n")
        .collect();
    pictures.join("\n")
}

fn group<'m>(mistakes: &'m Mistakes, mistake: &'m Mistake) -> Group<'m> {
    let title = Level::ERROR
        .primary_title(mistake.message.as_str())
        .id(mistake.code.as_str());
    let text = mistakes.source(&mistake.file);
    let primary = Mark {
        span: one_line(text, &mistake.span),
        kind: AnnotationKind::Primary,
        label: mistake.label.as_deref(),
    };
    let mut group = match &mistake.also {
        // A file that could not be read, or an empty one, has nothing to draw.
        None if text.is_empty() => title.element(Origin::path(mistake.file.as_str())),
        None => title.element(snippet(&mistake.file, text, &[primary])),
        Some(also) => {
            let other_text = mistakes.source(&also.file);
            let secondary = Mark {
                span: one_line(other_text, &also.span),
                kind: AnnotationKind::Context,
                label: Some(&also.label),
            };
            if is_near(mistake, also) {
                title.element(snippet(&mistake.file, text, &[primary, secondary]))
            } else {
                title
                    .element(snippet(&mistake.file, text, &[primary]))
                    .element(snippet(&also.file, other_text, &[secondary]))
            }
        }
    };
    if let Some(help) = &mistake.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    group
}

fn is_near(mistake: &Mistake, also: &Also) -> bool {
    mistake.file == also.file && mistake.span.start.abs_diff(also.span.start) < NEAR
}

struct Mark<'m> {
    span: Range<usize>,
    kind: AnnotationKind,
    label: Option<&'m str>,
}

/// The lines around the marks alone, so that a picture costs the same in a file of any size.
fn snippet<'m>(file: &'m str, text: &'m str, marks: &[Mark<'m>]) -> Snippet<'m, Annotation<'m>> {
    let first = marks.iter().map(|mark| mark.span.start).min().unwrap_or(0);
    let last = marks.iter().map(|mark| mark.span.end).max().unwrap_or(0);
    let start = text[..first].rfind('\n').map_or(0, |newline| newline + 1);
    let end = text[last..]
        .find('\n')
        .map_or(text.len(), |newline| last + newline);
    let line = text[..start].matches('\n').count() + 1;
    let mut snippet = Snippet::source(&text[start..end]).line_start(line).path(file);
    for mark in marks {
        let span = mark.span.start - start..mark.span.end - start;
        snippet = snippet.annotation(mark.kind.span(span).label(mark.label));
    }
    snippet
}

/// A span of several lines is drawn on its first one: its start is where to look.
fn one_line(text: &str, span: &Range<usize>) -> Range<usize> {
    let start = span.start.min(text.len());
    let end = span.end.clamp(start, text.len());
    let written = &text[start..end];
    let line = written.split('\n').next().unwrap_or_default().trim_end();
    start..start + line.len()
}
