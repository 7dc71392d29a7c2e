//! Edits the probe files, as people and their tools do.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::cast::{Member, Part};
use crate::target::Target;

/// How many probes a file has.
const A_FILE: usize = 200;

/// How the daemon is to notice an edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Means {
    /// SIGHUP.
    HangUp,
    /// `POST /-/reload`.
    Post,
    /// By itself.
    Watch,
}

/// What an edit came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edit {
    /// How the daemon is told.
    pub means: Means,
    /// Whether the files hold a mistake now.
    pub is_mistaken: bool,
}

/// Who edits the probe files.
#[derive(Debug)]
pub struct Editor {
    folder: PathBuf,
    target: SocketAddr,
    intervals: &'static [u64],
    /// All that are in the files.
    pub members: Vec<Member>,
    /// The names that have left them.
    pub removed: Vec<String>,
    next_index: usize,
    edits: usize,
}

impl Editor {
    /// Casts the probes, and makes them known to their target: of twenty, one changes and one passes.
    pub fn new(folder: &Path, target: &Target, probes: u32, intervals: &'static [u64]) -> io::Result<Self> {
        let mut editor = Self {
            folder: folder.to_owned(),
            target: target.address,
            intervals,
            members: Vec::new(),
            removed: Vec::new(),
            next_index: 0,
            edits: 0,
        };
        fs::create_dir_all(folder)?;
        for nth in 0..probes {
            let part = match nth % 20 {
                18 => Part::Changing,
                19 => Part::Passing,
                _ => Part::Steady,
            };
            editor.add(part, target)?;
        }
        Ok(editor)
    }

    fn add(&mut self, part: Part, target: &Target) -> io::Result<()> {
        let member = Member::new(self.next_index, part, self.intervals).map_err(io::Error::other)?;
        self.next_index += 1;
        target.know(member.clone());
        self.members.push(member);
        Ok(())
    }

    /// Writes all files, without a mistake.
    pub fn write(&self, rests: bool) -> io::Result<()> {
        self.mend()?;
        self.write_part(Part::Steady, rests)?;
        self.write_part(Part::Changing, rests)?;
        self.write_part(Part::Passing, rests)
    }

    /// The next edit: probes change, go and come; every fifth is a mistake, which the one after it mends.
    pub fn edit(&mut self, target: &Target) -> io::Result<Edit> {
        let means = [Means::HangUp, Means::Post, Means::Watch][self.edits % 3];
        self.edits += 1;
        let is_mistaken = self.edits.is_multiple_of(5);
        if is_mistaken {
            put(
                &self.mistake(),
                "probes:\n  mistaken:\n    get: http://127.0.0.1:9/\n    evry: 5s\n",
            )?;
            return Ok(Edit { means, is_mistaken });
        }
        self.change();
        self.replace(target)?;
        self.write_part(Part::Changing, false)?;
        self.write_part(Part::Passing, false)?;
        self.mend()?;
        Ok(Edit { means, is_mistaken })
    }

    fn mistake(&self) -> PathBuf {
        self.folder.join("mistake.yaml")
    }

    fn mend(&self) -> io::Result<()> {
        match fs::remove_file(self.mistake()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Every fourth of those that change does so.
    fn change(&mut self) {
        let changing = self
            .members
            .iter_mut()
            .filter(|member| member.part == Part::Changing);
        for member in changing.skip(self.edits % 4).step_by(4) {
            member.edition += 1;
        }
    }

    /// The oldest third of those that pass goes, and as many come.
    fn replace(&mut self, target: &Target) -> io::Result<()> {
        let passing = self.members.iter().filter(|member| member.part == Part::Passing);
        let going: Vec<usize> = passing.map(|member| member.index).collect();
        let going = &going[..going.len().div_ceil(3)];
        let is_going = |member: &Member| going.contains(&member.index);
        let gone = self.members.extract_if(.., |member| is_going(member));
        self.removed
            .extend(gone.map(|member| member.name.as_str().to_owned()));
        for _ in 0..going.len() {
            self.add(Part::Passing, target)?;
        }
        Ok(())
    }

    fn write_part(&self, part: Part, rests: bool) -> io::Result<()> {
        let members: Vec<&Member> = self.members.iter().filter(|member| member.part == part).collect();
        for (nth, members) in members.chunks(A_FILE).enumerate() {
            let mut text = "probes:\n".to_owned();
            for member in members {
                member.write(&mut text, self.target, rests);
            }
            let name = format!("{part:?}-{nth:03}.yaml").to_lowercase();
            put(&self.folder.join(name), &text)?;
        }
        Ok(())
    }
}

/// In one step: nobody reads half a file.
fn put(file: &Path, text: &str) -> io::Result<()> {
    let beside = file.with_extension("new");
    fs::write(&beside, text)?;
    fs::rename(&beside, file)
}
