"""What can go wrong with the store and the files it speaks of.

GenomeError
├── StoreError            the SQLite file
│   ├── StoreUnusable     not SQLite, truncated or damaged
│   ├── StoreTooNew       written by a newer release
│   ├── StoreReadOnly     a write was asked of a file that cannot be written
│   ├── StoreFull         no room left on the disk
│   ├── StoreBusy         another thread or process kept the write lock for too long
│   ├── StoreClosed       its server was closed
│   └── OtherOrg          it belongs to another trust domain than the caller
├── ModelUnusable         the file of the embedding
├── NotNow                a document takes longer to read than its caller has time for
└── RootError             the folders
    ├── RootNotGranted    the path lies outside every root
    └── RootMissing       the path is not there or cannot be read
"""


class GenomeError(Exception):
    """Anything the genome reports to its caller; the message is one line and safe to show."""


class StoreError(GenomeError):
    """The SQLite file could not do what was asked."""


class StoreUnusable(StoreError):
    """The file is not SQLite, is truncated, or is damaged."""


class StoreTooNew(StoreError):
    """The file was written by a newer release than this one."""


class StoreReadOnly(StoreError):
    """A write was asked of a store that cannot be written."""


class StoreFull(StoreError):
    """The disk has no room for the write; nothing of it was kept."""


class StoreBusy(StoreError):
    """Another thread or process held the write lock for longer than we wait."""


class StoreClosed(StoreError):
    """The store was closed with the server that had opened it."""


class OtherOrg(StoreError):
    """The store belongs to another trust domain than the caller."""


class ModelUnusable(GenomeError):
    """The embedding's files are missing, damaged or of another form."""


class NotNow(GenomeError):
    """A document takes longer to read than a question has time for; what the file holds is not known by that."""


class RootError(GenomeError):
    """A folder or file cannot be read in."""


class RootNotGranted(RootError):
    """The path lies outside every root that a person granted."""


class RootMissing(RootError):
    """The path does not exist or cannot be read."""
