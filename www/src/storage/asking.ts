// The event by which the storage page asks the frame to delete everything: the frame has to close the keep, and the page goes with it.

export const ERASE = "ck-erase-everything";
