//! What probes refer to and no manifest may hold: variables of the environment, and files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use freshwatch_probe::definition::Definition;
use freshwatch_probe::template::{Part, Template};

use super::Obstacle;
use super::files::key;
use super::manifest::Item;
use super::places::{FOLDER, Places};

/// The references of all the probes.
#[derive(Debug, Default)]
pub(super) struct Secrets {
    /// The names of the variables.
    pub variables: BTreeSet<String>,
    /// By the folder of a pod in which they lie, the files: the key in the Secret, and the name.
    pub folders: BTreeMap<String, Vec<Item>>,
}

impl Secrets {
    /// Collects them.
    pub fn of<'d>(
        definitions: impl Iterator<Item = &'d Definition>,
        places: &Places,
        obstacles: &mut Vec<Obstacle>,
    ) -> Self {
        let mut secrets = Self::default();
        let mut paths = BTreeSet::new();
        for definition in definitions {
            secrets.variables.extend(variables(definition));
            for file in files(definition) {
                match places.in_pod(file) {
                    Ok(path) => {
                        paths.insert(path);
                    }
                    Err(why) => {
                        let message =
                            format!("{why}: name it by an absolute path, at which a Secret is mounted");
                        obstacles.push(Obstacle::of(definition, message));
                    }
                }
            }
        }
        for path in paths {
            if let Err(message) = secrets.place(&path) {
                obstacles.push(Obstacle::of_all(message));
            }
        }
        secrets
    }

    fn place(&mut self, path: &str) -> Result<(), String> {
        // What lies below the folder of the probe files is mounted with them.
        let (folder, path, key) = match path.strip_prefix(&format!("{FOLDER}/")) {
            Some(beneath) => (FOLDER, beneath, key(beneath)),
            None => match path.rsplit_once('/').filter(|(folder, _)| !folder.is_empty()) {
                Some((folder, name)) => (folder, name, key(path)),
                None => {
                    return Err(format!(
                        "`{path}` lies in `/`, and a Secret is mounted in the place of a folder: let it lie in one of \
                         its own"
                    ));
                }
            },
        };
        let others = self.folders.values().flatten();
        if let Some(other) = others.into_iter().find(|other| other.key == key) {
            return Err(format!(
                "`{path}` has the key `{key}` in the Secret, as `{}` has: rename one of the two",
                other.path
            ));
        }
        let path = path.to_owned();
        self.folders
            .entry(folder.to_owned())
            .or_default()
            .push(Item { key, path });
        Ok(())
    }
}

fn variables(definition: &Definition) -> impl Iterator<Item = String> {
    let parts = definition.request.templates().flat_map(Template::parts);
    parts.filter_map(|part| match part {
        Part::Env { name, .. } => Some(name.clone()),
        Part::Literal(_) | Part::File(_) | Part::Nonce | Part::RunId | Part::Hidden(_) => None,
    })
}

fn files(definition: &Definition) -> impl Iterator<Item = &Path> {
    let tls = &definition.request.tls;
    let client = tls
        .client
        .iter()
        .flat_map(|client| [client.cert.as_path(), client.key.as_path()]);
    let templates = definition.request.templates().flat_map(Template::files);
    templates.chain(tls.ca.as_deref()).chain(client)
}
