"""Archives: every packing gives the same galaxies, and hostile or damaged members are refused by name."""

import contextlib
import io
import json
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.collection.made import write_jpegs
from tuningfork.collection import Collection, add_to_collection, create_collection
from tuningfork.collection.readers.archives import members, shards
from tuningfork.collection.readers.archives.side_files import side_table
from tuningfork.errors import TuningforkError

KINDS = ["tar", "tar.gz", "tar.bz2", "tar.xz", "zip"]


def create(source, out, **wishes):
    return create_collection(source, out, quiet=True, workers=2, **wishes)


def pack(path, files):
    """An archive of the kind that its name says, of ``files``: name -> bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in files.items():
                archive.writestr(name, data)
        return path
    mode = "w" if path.suffix == ".tar" else f"w:{path.suffix[1:]}"
    with tarfile.open(path, mode) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    return {name: (folder / name).read_bytes() for name in write_jpegs(folder, 6)}


def contents(collection: Collection) -> dict:
    table = collection.catalogue(["id", "digest"])
    return dict(zip(table["id"].to_pylist(), table["digest"].to_pylist(), strict=True))


@pytest.mark.parametrize("kind", KINDS)
def test_every_packing_gives_what_the_folder_gives(tmp_path, pictures, kind):
    catalogue = b"id,file,z\nB,images/g001.jpg,0.2\nA,images/g000.jpg,0.1\nC,images/none.jpg,3\n"
    files = {f"top/images/{name}": data for name, data in pictures.items()} | {"top/cat.csv": catalogue}
    for name, data in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    plain = create(tmp_path / "top", tmp_path / "plain")
    source = pack(tmp_path / f"set.{kind}", files)
    report = create(source, tmp_path / "out")
    assert contents(report.collection) == contents(plain.collection)
    assert report.collection.catalogue(["z"]).num_rows == 2
    assert (report.unlisted, len(report.rejected)) == (plain.unlisted, len(plain.rejected)) == (4, 1)
    again = create(source, tmp_path / "out")
    assert (again.added, again.already) == (0, 2)


@pytest.mark.parametrize("kind", ["tar", "tar.gz", "zip"])
def test_class_folders_and_a_catalogue_from_outside(tmp_path, pictures, kind):
    files = {f"data/{'SPI' if k % 2 else 'EO'}/{name}": d for k, (name, d) in enumerate(pictures.items())}
    source = pack(tmp_path / f"set.{kind}", files | {"data/__MACOSX/._g000.jpg": b"x", "data/.g.jpg": b"x"})
    bare = create(source, tmp_path / "bare")
    assert not bare.rejected
    folders = bare.collection.catalogue(["id", "folder"]).to_pylist()
    assert {row["id"]: row["folder"] for row in folders}["g001"] == "SPI"
    (tmp_path / "cat.csv").write_text("id,votes\ng003,7\ng001,9\n")
    joined = create(source, tmp_path / "joined", catalogue=tmp_path / "cat.csv").collection
    assert sorted(zip(joined.ids(), joined.catalogue(["votes"])["votes"].to_pylist(), strict=True)) == [
        ("g001", 9),
        ("g003", 7),
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_shards_of_webdataset_give_columns(tmp_path, pictures, kind):
    data = list(pictures.values())
    for shard in range(2):
        files = {}
        for k in range(3):
            key = f"{k:06d}"  # the same keys in both
            told = {"ra": 10.5 + k, "dec": -1, "z": k if shard else 0.5, "tags": [1, 2]}
            files |= {f"{key}.jpg": data[3 * shard + k], f"{key}.json": json.dumps(told).encode()}
            files[f"{key}.cls"] = b"4\n"
        files["000001.json"] = b"{broken" if shard else files["000001.json"]
        pack(tmp_path / "in" / f"part-{shard}.{kind}", files)
    report = create(tmp_path / "in", tmp_path / "out")
    rows = report.collection.catalogue(["id", "ra", "dec", "z", "cls", "tags"]).to_pylist()
    assert len({row["id"] for row in rows}) == 6
    assert [row["z"] for row in rows] == [0.5, 0.5, 0.5, 0.0, None, 2.0]
    assert rows[1] | {"id": ""} == {"id": "", "ra": 11.5, "dec": -1, "z": 0.5, "cls": 4, "tags": "[1, 2]"}
    assert [r.file for r in report.rejected] == [f"part-1.{kind}/000001.json"]


def test_the_same_names_in_another_archive_are_other_galaxies(tmp_path, pictures):
    first, second = list(pictures.items())[:2]
    create(pack(tmp_path / "a.tar", dict([first])), tmp_path / "out")
    more = add_to_collection(tmp_path / "out", pack(tmp_path / "b.tar", dict([second])), quiet=True)
    assert more.added == 1


def hostile_tar(path, good):
    with tarfile.open(path, "w") as archive:
        for name, kind in [
            ("/etc/x.jpg", tarfile.REGTYPE),
            ("a/../../x.jpg", tarfile.REGTYPE),
            ("link.jpg", tarfile.SYMTYPE),
            ("hard.jpg", tarfile.LNKTYPE),
            ("null.jpg", tarfile.CHRTYPE),
            ("pipe.jpg", tarfile.FIFOTYPE),
        ]:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
        for name, data in good.items():
            info = tarfile.TarInfo(f"{'long/' * 40}{name}")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def test_hostile_members_of_a_tar_are_refused_by_name(tmp_path, pictures):
    report = create(hostile_tar(tmp_path / "x.tar", pictures), tmp_path / "out")
    assert len(report.collection) == len(pictures)
    reasons = {r.file.rpartition("/")[2]: r.reason for r in report.rejected}
    assert len(report.rejected) == 6
    assert "leaves the archive" in reasons["x.jpg"]
    assert "symbolic link" in reasons["link.jpg"]
    assert "device" in reasons["null.jpg"]


def test_hostile_members_of_a_zip_are_refused_by_name(tmp_path, pictures, monkeypatch):
    name, data = next(iter(pictures.items()))
    with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
        archive.writestr("../out.jpg", data)
        link = zipfile.ZipInfo("link.jpg")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("bomb.jpg", b"\0" * 5_000_000)
        archive.writestr("liar.jpg", b"\0" * 300_000)
        archive.writestr("secret.jpg", data)
        archive.getinfo("liar.jpg").file_size = 300
        archive.getinfo("secret.jpg").flag_bits |= 1
    monkeypatch.setattr(members.refusal, "__kwdefaults__", {"largest": 1_000_000})
    report = create(tmp_path / "x.zip", tmp_path / "out")
    assert report.collection.ids().tolist() == ["g000"]
    reasons = {r.file.rpartition("/")[2]: r.reason for r in report.rejected}
    assert "leaves the archive" in reasons["out.jpg"]
    assert "symbolic link" in reasons["link.jpg"]
    assert "larger than" in reasons["bomb.jpg"]
    assert "more than the 300 bytes it declares" in reasons["liar.jpg"]
    assert "encrypted" in reasons["secret.jpg"]


@pytest.mark.parametrize("kind", KINDS)
def test_what_comes_before_a_cut_is_kept_and_the_archive_is_named(tmp_path, kind):
    pictures = {name: (tmp_path / name).read_bytes() for name in write_jpegs(tmp_path, 6, size=132)}
    source = pack(tmp_path / f"set.{kind}", pictures)
    whole = source.read_bytes()
    source.write_bytes(whole[: int(len(whole) * 0.75)])
    if kind in ("tar.bz2", "tar.xz"):  # packed in few blocks, of which nothing comes out before their end
        with contextlib.suppress(TuningforkError):
            create(source, tmp_path / "out")
        return
    report = create(source, tmp_path / "out")
    assert 2 <= len(report.collection) < 6
    assert any(r.file == source.name and "before is kept" in r.reason for r in report.rejected)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damage_never_raises_anything_of_its_own(tmp_path, pictures, kind, data):
    source = tmp_path / f"x.{kind}"
    if not (tmp_path / f"good.{kind}").exists():
        pack(tmp_path / f"good.{kind}", pictures | {"g001.json": b'{"a": 1}'})
    good = (tmp_path / f"good.{kind}").read_bytes()
    raw = bytearray(good[: data.draw(st.integers(0, len(good)))])
    for _ in range(data.draw(st.integers(0, 4)) if raw else 0):
        place = data.draw(st.integers(0, min(len(raw) - 1, 2000)) | st.integers(0, len(raw) - 1))
        raw[place] = data.draw(st.integers(0, 255))
    source.write_bytes(data.draw(st.just(bytes(raw)) | st.binary(max_size=2000)))
    found = shards.Shards([shards.Shard(source, source.name)])
    for name in found.images():
        with contextlib.suppress(TuningforkError):
            found.bytes_of(name)


VALUES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.lists(st.integers())
)


@settings(deadline=None)  # the first call imports
@given(st.lists(st.dictionaries(st.sampled_from("abc"), VALUES), max_size=8))
def test_whatever_side_files_say_fits_into_columns(rows):
    table = side_table(rows)
    names = {name for row in rows for name in row}
    if table is None:
        assert not names
    else:
        assert set(table.column_names) == names
        assert table.num_rows == len(rows)


def test_a_folder_of_shards_may_be_named_from_where_one_stands(tmp_path, pictures, monkeypatch):
    for name, data in pictures.items():
        pack(tmp_path / "shards" / f"{name}.tar", {name: data})
    monkeypatch.chdir(tmp_path)
    assert create(Path("shards"), Path("out")).added == len(pictures)
