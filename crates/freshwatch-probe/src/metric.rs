//! Every metric's name, type, unit, help and labels: the one table.
