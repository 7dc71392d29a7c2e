//! What goes in comes out, once and in order, whoever opens the folder.

use freshwatch_telemetry::spool::{Limits, Spool, SpoolError};

use super::{BEGIN, Folder, drain, parcel};

#[test]
fn parcels_leave_in_order_once_and_as_they_were_whenever_the_folder_is_opened_again() {
    let folder = Folder::new();
    let (mut put, mut taken) = (0, 0);
    for turn in 0..40 {
        let mut spool = folder.open();
        assert_eq!(spool.len(), put - taken);
        for _ in 0..turn % 7 {
            put += 1;
            spool.append(&parcel(put)).unwrap();
        }
        for _ in 0..turn % 5 {
            let Some((sequence, first)) = spool.first(BEGIN).unwrap() else {
                break;
            };
            taken += 1;
            assert_eq!((first, sequence), (parcel(taken), taken));
            spool.done(sequence);
        }
    }
    let mut spool = folder.open();
    let left: Vec<_> = (taken + 1..=put).map(parcel).collect();
    assert!(!left.is_empty());
    assert_eq!(drain(&mut spool), left);
    assert_eq!(spool.findings(), []);
}

#[test]
fn the_first_stays_the_first_until_it_is_done_with() {
    let folder = Folder::new();
    let mut spool = folder.open();
    assert_eq!(spool.first(BEGIN), Ok(None));
    spool.append(&parcel(1)).unwrap();
    spool.append(&parcel(2)).unwrap();
    for _ in 0..3 {
        assert_eq!(spool.first(BEGIN), Ok(Some((1, parcel(1)))));
    }
    drop(spool);
    let mut spool = folder.open();
    assert_eq!(drain(&mut spool), [parcel(1), parcel(2)]);
}

#[test]
fn a_folder_is_of_one_process_at_a_time() {
    let folder = Folder::new();
    let first = folder.open();
    let error = Spool::open(folder.path(), Limits::default()).unwrap_err();
    let SpoolError::InUse { folder: told } = &error else {
        panic!("{error:?}")
    };
    assert_eq!(told, folder.path());
    assert!(
        error
            .to_string()
            .ends_with("is used by another process: each needs a folder of its own")
    );
    drop(first);
    folder.open();
}

#[test]
fn a_queue_through_which_much_goes_stays_small() {
    let folder = Folder::new();
    let mut spool = folder.open();
    for number in 1..=2000 {
        spool.append(&parcel(number)).unwrap();
        let (sequence, first) = spool.first(BEGIN).unwrap().unwrap();
        assert_eq!(first, parcel(number));
        spool.done(sequence);
        assert!(folder.bytes() <= 70 << 10, "{}", folder.bytes());
    }
    assert_eq!(folder.files(".batches").len(), 1);
    drop(spool);
    assert_eq!((folder.open().len(), folder.files(".batches").len()), (0, 0));
}
