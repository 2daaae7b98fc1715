"""Which file system a path lies on. SQLite's WAL needs shared memory and locks that network file systems do
not keep."""

from pathlib import Path

_FUSE = ("fuse.glusterfs", "fuse.rclone", "fuse.s3fs", "fuse.sshfs")
_CLUSTER = ("afs", "beegfs", "ceph", "glusterfs", "gpfs", "lustre")
NETWORK_TYPES = frozenset(("9p", "cifs", "nfs", "nfs4", "smb3", "smbfs", *_CLUSTER, *_FUSE))
_MOUNTS = Path("/proc/self/mounts")


def filesystem_type(path: Path, mounts: str) -> str:
    """Type of the file system that holds `path`, from the text of /proc/mounts; "" where no line covers
    it."""
    best, kind = -1, ""
    for line in mounts.splitlines():
        fields = line.split()
        if len(fields) < 3:
            continue
        point = Path(fields[1].replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\"))
        # the later of two mounts on one point hides the earlier
        if path.is_relative_to(point) and len(point.parts) >= best:
            best, kind = len(point.parts), fields[2]
    return kind


def network_filesystem(path: Path) -> str | None:
    """The type of the network file system below `path`, or None when it is local or the platform does not
    say."""
    try:
        mounts = _MOUNTS.read_text(errors="replace")
    except OSError:  # no /proc: macOS, Windows
        return None
    kind = filesystem_type(path.resolve(), mounts)
    return kind if kind in NETWORK_TYPES else None
