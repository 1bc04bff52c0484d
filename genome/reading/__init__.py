"""From bytes on disk to places, facts and terms: discover, decode, divide, and the one writer (`ingest`)."""
