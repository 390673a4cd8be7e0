//! What holds outside the browser: formats, engine, keep.

#[path = "../suite/frozen.rs"]
mod frozen;
#[path = "../suite/lying.rs"]
mod lying;
#[path = "../suite/mod.rs"]
mod suite;

mod backups;
mod batch;
mod branch;
mod campaigns;
mod cards;
mod cards_work;
mod cards_write;
mod cases;
mod chats;
mod chats_write;
mod check;
mod compression;
mod connection;
mod containers;
mod dependents;
mod dialects_chats;
mod distant_zip;
mod events;
mod export_chats;
mod folder;
mod foreign_cards;
mod handle;
mod histories;
mod journal;
mod json;
mod keep;
mod lies;
mod lore;
mod macros;
mod merge;
mod migration;
mod oddities;
mod oddities_chats;
mod oracle;
mod patience;
mod peek;
mod personas;
mod playthroughs;
mod png;
mod recent;
mod redo;
mod replies;
mod search;
mod second_copy;
mod settings;
mod space;
mod store;
mod sweep;
mod swipe;
mod texts;
mod transaction;
mod trash;
mod turn;
mod validate;
mod world_context;
mod world_tree;
mod worlds;
mod worlds_large;
mod writer;
