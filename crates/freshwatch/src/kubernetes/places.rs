//! Where a file of this machine lies in a pod: probe files and what stands beside them under one folder, files with an
//! absolute path where they are.

use std::path::{Component, Path, PathBuf};

/// Where the probe files are in a pod.
pub(super) const FOLDER: &str = "/etc/freshwatch";

/// The folder of this machine that becomes [`FOLDER`].
#[derive(Debug, Clone)]
pub(super) struct Places {
    root: PathBuf,
}

impl Places {
    /// The nearest folder around all of these files.
    pub fn around<'p>(files: impl Iterator<Item = &'p Path>) -> Self {
        let folders = files.map(|file| plain(file.parent().unwrap_or(Path::new(""))));
        let root = folders.reduce(|one, other| {
            let same = one
                .components()
                .zip(other.components())
                .take_while(|(one, other)| one == other);
            same.map(|(component, _)| component).collect()
        });
        Self {
            root: root.unwrap_or_default(),
        }
    }

    /// A file's path below the folder, with `/` between its parts.
    ///
    /// # Errors
    /// A fragment that says that it lies elsewhere.
    pub fn beneath(&self, file: &Path) -> Result<String, String> {
        let file_shown = file.display();
        let plain = plain(file);
        let beneath = plain.strip_prefix(&self.root).ok().filter(|path| is_below(path));
        beneath
            .and_then(Path::to_str)
            .map(str::to_owned)
            .ok_or_else(|| format!("`{file_shown}` lies outside of the folder of the probe files"))
    }

    /// The path that a file has in a pod, where probes find it under the name by which they refer to it.
    ///
    /// # Errors
    /// A fragment that says what is in the way.
    pub fn in_pod(&self, file: &Path) -> Result<String, String> {
        let beneath = self.beneath(file).map(|path| format!("{FOLDER}/{path}"));
        match file.to_str() {
            Some(path) if file.is_absolute() && beneath.is_err() => Ok(path.to_owned()),
            Some(_) | None => beneath,
        }
    }
}

/// A path without `.` and without `..` where it can do without.
fn plain(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut plain, component| {
        let goes_back = component == Component::ParentDir
            && matches!(plain.components().next_back(), Some(Component::Normal(_)));
        if goes_back {
            plain.pop();
        } else if component != Component::CurDir {
            plain.push(component);
        }
        plain
    })
}

fn is_below(path: &Path) -> bool {
    path.components()
        .all(|component| matches!(component, Component::Normal(_)))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::Places;

    #[track_caller]
    fn check(files: &[&str], file: &str, expected: Result<&str, &str>) {
        let places = Places::around(files.iter().map(Path::new));
        let place = places.in_pod(Path::new(file));
        assert_eq!(place.as_deref().map_err(String::as_str), expected);
    }

    #[test]
    fn what_stands_beside_the_probes_does_so_in_the_pod() {
        check(&["prices.yaml"], "prices.yaml", Ok("/etc/freshwatch/prices.yaml"));
        check(
            &["p/a.yaml", "p/b/c.yaml"],
            "p/b/c.yaml",
            Ok("/etc/freshwatch/b/c.yaml"),
        );
        check(
            &["./p/a.yaml"],
            "p/b/../schemas/x.json",
            Ok("/etc/freshwatch/schemas/x.json"),
        );
        check(&["/srv/p/a.yaml"], "/srv/p/token", Ok("/etc/freshwatch/token"));
    }

    #[test]
    fn an_absolute_path_stays_and_a_way_out_is_refused() {
        check(&["p/a.yaml"], "/run/secrets/token", Ok("/run/secrets/token"));
        check(&["a.yaml"], "/token", Ok("/token"));
        let outside = "`p/../token` lies outside of the folder of the probe files";
        check(&["p/a.yaml"], "p/../token", Err(outside));
    }
}
