"""Test bulk work from and to a real server of S3, and what is said where it refuses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

boto3 = pytest.importorskip("boto3")

from gfrnet.cluster import ClusterJob, Crew, How, Places, Row, Summary  # noqa: E402 - boto3 may be missing
from gfrnet.cluster.storage import Folder, UnreadableError  # noqa: E402
from gfrnet.errors import MissingExtraError, PlanError, WriteError  # noqa: E402

Restore = Callable[..., tuple[list[Row], Summary]]


@pytest.fixture
def bucket(s3: str, source: Path, guides: Path, tmp_path: Path) -> str:
    """A bucket with the photos and guides."""
    client, name = boto3.client("s3"), f"bucket-{tmp_path.name.replace('_', '-').lower()}"
    client.create_bucket(Bucket=name)
    for path in (*source.rglob("*.*"), *guides.rglob("*.*")):
        client.upload_file(str(path), name, str(path.relative_to(tmp_path)))
    return name


def test_s3_gives_what_the_disk_gives_and_goes_on(
    restore: Restore, bucket: str, how: How, tmp_path: Path
) -> None:
    restore("one")
    root = f"s3://{bucket}"
    places = Places(f"{root}/in", f"{root}/out", f"{root}/out/_report", (f"{root}/guides",))
    job = ClusterJob.begin(places, how)
    rows = {row.name: row for row in job.run(Crew(workers=2))}
    assert job.finish().restored == 5
    client = boto3.client("s3")
    keys = [found["Key"] for found in client.list_objects_v2(Bucket=bucket, Prefix="out/")["Contents"]]
    results = [key for key in keys if key.endswith(".png")]
    for key in results:
        stored = client.get_object(Bucket=bucket, Key=key)["Body"].read()
        assert stored == (tmp_path / "one" / key).read_bytes()
    assert len(results) == 5
    assert sorted(set(keys) - set(results)) == [
        f"out/_report/{name}" for name in ("job.json", "report.jsonl", "summary.json")
    ]
    assert rows["0/p0.png"].faces[0].guide == f"{root}/guides/ada/good.png"
    assert rows["0/p0.png"].stamp
    # The storage knows the hashes of the photos, so no process has to look at them again.
    again = ClusterJob.begin(places, how, resume=True)
    assert [item.name for item in again.items] == ["bad.jpg"]
    list(again.run(Crew(workers=1, threads=1)))
    assert again.finish().kept == 5


def test_a_missing_bucket_and_wrong_folders_are_told(bucket: str, how: How) -> None:
    root = f"s3://{bucket}"
    fine = Places(f"{root}/in", f"{root}/out", f"{root}/report", (f"{root}/guides",))
    with pytest.raises(PlanError, match="s3://no-such-bucket/in cannot be read: it does not exist"):
        ClusterJob.begin(Places("s3://no-such-bucket/in", fine.output, fine.report, fine.guides), how)
    with pytest.raises(PlanError, match=r"s3://no-such-bucket cannot be read: it does not exist"):
        ClusterJob.begin(Places(fine.source, fine.output, fine.report, ("s3://no-such-bucket",)), how)
    with pytest.raises(WriteError, match=r"s3://no-such-bucket/out.* cannot be written: it does not exist"):
        ClusterJob.begin(Places(fine.source, "s3://no-such-bucket/out", fine.report, fine.guides), how)
    with pytest.raises(PlanError, match="overlaps with"):
        ClusterJob.begin(Places(fine.source, f"{root}/in/new", fine.report, fine.guides), how)
    with pytest.raises(PlanError, match="it is a file"):
        ClusterJob.begin(Places(f"{root}/in/bad.jpg", fine.output, fine.report, fine.guides), how)


def test_refusals_of_a_storage_are_told(s3: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(PlanError, match="cannot be opened"):
        Folder("nowhere://photos").entries()
    with pytest.raises(MissingExtraError):
        Folder("dropbox://photos").entries()
    import s3fs

    # A session without credentials asks nobody; the remembered one has some.
    s3fs.S3FileSystem.clear_instance_cache()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    try:
        with pytest.raises((UnreadableError, WriteError), match=r"no credentials|access is denied"):
            Folder("s3://photos").write("a", b"")
    finally:
        s3fs.S3FileSystem.clear_instance_cache()
