//! Pictures of mistakes as rustc draws them.

use std::fmt::Write as _;
use std::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use crate::mistake::{Also, Mistake};
use crate::mistakes::Mistakes;

/// Two places further apart than this many bytes are drawn as two snippets.
const NEAR: usize = 4096;

/// So many mistakes of one file are drawn, and the rest counted: nobody looks at more pictures.
const MOST_DRAWN: usize = 100;

/// So many bytes of a line are drawn before and behind what is underlined: all the values of a file may stand in one
/// line of megabytes.
const AROUND: usize = 500;

/// So many bytes are underlined at most.
const LONGEST_UNDERLINE: usize = 2000;

/// Draws the mistakes, with an empty line between two.
pub(crate) fn draw(mistakes: &Mistakes, color: bool) -> String {
    let renderer = if color {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let mut pictures = Vec::new();
    for of_file in mistakes.by_file() {
        let drawn = of_file.iter().take(MOST_DRAWN);
        pictures.extend(drawn.map(|mistake| picture(mistakes, mistake, &renderer)));
        if let Some(left) = of_file.len().checked_sub(MOST_DRAWN).filter(|left| *left > 0) {
            pictures.push(more(left, &of_file[0].file));
        }
    }
    pictures.join("\n")
}

fn more(left: usize, file: &str) -> String {
    let mut text = format!("and {left} more mistake");
    if left > 1 {
        text.push('s');
    }
    let _ = writeln!(text, " in {file}");
    text
}

fn picture(mistakes: &Mistakes, mistake: &Mistake, renderer: &Renderer) -> String {
    let title = Level::ERROR
        .primary_title(mistake.message.as_str())
        .id(mistake.code.as_str());
    let snippets = snippets(mistakes, mistake);
    let drawn = snippets.iter().map(|(snippet, _)| snippet.clone());
    let mut group = Group::with_title(title).elements(drawn);
    if snippets.is_empty() {
        group = group.element(Origin::path(mistake.file.as_str()));
    }
    if let Some(help) = &mistake.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    let mut picture = renderer.render(&[group]) + "\n";
    // The first line is the message.
    let mut from = picture.find('\n').unwrap_or(0);
    for cut in snippets.into_iter().filter_map(|(_, cut)| cut) {
        from = cut.put_right(&mut picture, from);
    }
    picture
}

/// What is drawn of the files: nothing of one that could not be read, or is empty.
fn snippets<'m>(mistakes: &'m Mistakes, mistake: &'m Mistake) -> Vec<(Drawn<'m>, Option<Cut>)> {
    let text = mistakes.source(&mistake.file);
    let primary = Mark {
        span: shortened(text, &mistake.span),
        kind: AnnotationKind::Primary,
        label: mistake.label.as_deref(),
    };
    let Some(also) = &mistake.also else {
        let of_text = (!text.is_empty()).then(|| snippet(&mistake.file, text, &[primary]));
        return of_text.into_iter().collect();
    };
    let other_text = mistakes.source(&also.file);
    let secondary = Mark {
        span: shortened(other_text, &also.span),
        kind: AnnotationKind::Context,
        label: Some(&also.label),
    };
    if is_near(mistake, also) {
        vec![snippet(&mistake.file, text, &[primary, secondary])]
    } else {
        vec![
            snippet(&mistake.file, text, &[primary]),
            snippet(&also.file, other_text, &[secondary]),
        ]
    }
}

fn is_near(mistake: &Mistake, also: &Also) -> bool {
    mistake.file == also.file && mistake.span.start.abs_diff(also.span.start) < NEAR
}

struct Mark<'m> {
    span: Range<usize>,
    kind: AnnotationKind,
    label: Option<&'m str>,
}

type Drawn<'m> = Snippet<'m, Annotation<'m>>;

/// A line whose beginning is not drawn: the renderer counts the columns from where it was cut.
struct Cut {
    counted: String,
    right: String,
}

impl Cut {
    /// Puts the column right that the picture names from this byte on; gives where it stands.
    fn put_right(&self, picture: &mut String, from: usize) -> usize {
        let Some(found) = picture[from..].find(&self.counted) else {
            return from;
        };
        let start = from + found;
        picture.replace_range(start..start + self.counted.len(), &self.right);
        start + self.right.len()
    }
}

/// The lines around the marks alone, so that a picture costs the same in a file of any size. The first mark says where
/// the snippet comes from.
fn snippet<'m>(file: &'m str, text: &'m str, marks: &[Mark<'m>]) -> (Drawn<'m>, Option<Cut>) {
    let first = marks.iter().map(|mark| mark.span.start).min().unwrap_or(0);
    let last = marks.iter().map(|mark| mark.span.end).max().unwrap_or(0);
    let line_start = start_of_line(text, first);
    let line_end = text[last..]
        .find('\n')
        .map_or(text.len(), |newline| last + newline);
    let start = text
        .ceil_char_boundary(first.saturating_sub(AROUND))
        .max(line_start);
    let end = text
        .floor_char_boundary(last.saturating_add(AROUND))
        .min(line_end);
    let line = text[..line_start].matches('\n').count() + 1;
    let mut snippet = Snippet::source(&text[start..end]).line_start(line).path(file);
    for mark in marks {
        let span = mark.span.start - start..mark.span.end - start;
        snippet = snippet.annotation(mark.kind.span(span).label(mark.label));
    }
    let at = marks.first().map_or(first, |mark| mark.span.start);
    let line = line + text[line_start..at].matches('\n').count();
    let written = start_of_line(text, at);
    let origin = |from: usize| format!("{file}:{line}:{}", text[from..at].chars().count() + 1);
    let cut = (start > written).then(|| Cut {
        counted: origin(start),
        right: origin(written),
    });
    (snippet, cut)
}

fn start_of_line(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |newline| newline + 1)
}

/// A span of several lines is drawn on its first one, and a long one by its beginning: its start is where to look.
fn shortened(text: &str, span: &Range<usize>) -> Range<usize> {
    let start = span.start.min(text.len());
    let end = text.floor_char_boundary(span.end.clamp(start, start.saturating_add(LONGEST_UNDERLINE)));
    let written = &text[start..end];
    let line = written.split('\n').next().unwrap_or_default().trim_end();
    start..start + line.len()
}

#[cfg(test)]
mod tests {
    use crate::{Mistakes, Source, parse};

    fn mistakes(text: String) -> Mistakes {
        let source = Source {
            name: "a.yaml".into(),
            text,
        };
        let nothing = |_: &std::path::Path| Err(std::io::ErrorKind::NotFound.into());
        parse(&[source], &|_| None, &nothing).unwrap_err()
    }

    /// Probes in one line, each with a mistake.
    fn in_one_line(count: usize) -> Mistakes {
        let probes: Vec<String> = (0..count).map(|number| format!("über-{number}: 7")).collect();
        mistakes(format!("# ü\n{{probes: {{{}}}}}", probes.join(", ")))
    }

    #[test]
    fn of_a_long_line_the_surroundings_are_drawn() {
        let mistakes = in_one_line(120);
        let drawn = mistakes.render(false);
        let last = drawn.split("\n\n").nth(99).unwrap();
        insta::assert_snapshot!(last, @r"
        error[wrong_type]: a probe is a map of keys and values, not a number
         --> a.yaml:2:598
          |
        2 | ...44: 7, über-45: 7, über-46: 7, über-47: 7, über-48: 7, über-49: 7, über-50: 7, über-51: 7, über-52: 7, über-53: 7, über-54: 7, übe...
          |                                                                    ^
          |
          = help: write a method with a URL beneath it, such as `get: https://…`
        ");
        let listed = mistakes.iter().nth(99).unwrap();
        assert!(drawn.contains(&format!("a.yaml:{}:{}\n", listed.line, listed.column)));
    }

    #[test]
    fn a_long_value_is_underlined_at_its_beginning() {
        let value = "word ".repeat(100_000);
        let drawn = mistakes(format!("probes: {{a: {{get: http://h/, timeout: '{value}'}}}}")).render(false);
        assert!(drawn.len() < 5000, "{}", drawn.len());
    }

    #[test]
    fn a_hundred_pictures_of_a_file_are_enough() {
        let mistakes = in_one_line(150);
        assert_eq!((mistakes.count(), mistakes.iter().count()), (300, 300));
        let drawn = mistakes.render(false);
        assert_eq!(drawn.matches("error[").count(), 100);
        assert!(
            drawn.ends_with("\n\nand 200 more mistakes in a.yaml\n"),
            "{drawn}"
        );
    }
}
