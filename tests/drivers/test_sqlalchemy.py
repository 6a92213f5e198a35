"""SQLAlchemy over psycopg: reflection, core and ORM."""

import datetime
import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql

from tests.drivers.conftest import Endpoint, Name


class Model(orm.DeclarativeBase):
    """The tables of these tests."""


class Author(Model):
    """Has books."""

    __tablename__ = "author"
    id: orm.Mapped[uuid.UUID] = orm.mapped_column(primary_key=True, default=uuid.uuid4)
    name: orm.Mapped[str] = orm.mapped_column(sa.String(50), index=True)
    born: orm.Mapped[datetime.date | None]
    facts: orm.Mapped[dict[str, Any]] = orm.mapped_column(postgresql.JSONB, default=dict)
    books: orm.Mapped[list["Book"]] = orm.relationship(back_populates="author", cascade="all, delete-orphan")


class Book(Model):
    """Has an author."""

    __tablename__ = "book"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    title: orm.Mapped[str]
    price: orm.Mapped[Decimal] = orm.mapped_column(sa.Numeric(10, 2))
    tags: orm.Mapped[list[str]] = orm.mapped_column(postgresql.ARRAY(sa.Text), default=list)
    added: orm.Mapped[datetime.datetime] = orm.mapped_column(sa.DateTime(timezone=True), server_default=sa.func.now())
    author_id: orm.Mapped[uuid.UUID] = orm.mapped_column(sa.ForeignKey("author.id"))
    author: orm.Mapped[Author] = orm.relationship(back_populates="books")


def url(endpoint: Endpoint, driver: str) -> str:
    """The endpoint's URI with the driver's name in it."""
    return endpoint.dsn().replace("postgresql:", f"postgresql+{driver}:")


@pytest.fixture
def engine(endpoint: Endpoint, fresh: Name) -> Iterator[sa.Engine]:
    """An engine whose tables live in a schema of their own."""
    schema = fresh("orm")
    base = sa.create_engine(url(endpoint, "psycopg"))
    made = base.execution_options(schema_translate_map={None: schema})
    with base.begin() as connection:
        connection.execute(sa.schema.CreateSchema(schema))
    Model.metadata.create_all(made)
    yield made
    with base.begin() as connection:
        connection.execute(sa.schema.DropSchema(schema, cascade=True))
    base.dispose()


def shelf(count: int) -> Author:
    """An author with books."""
    books = [Book(title=f"Volume {n}", price=Decimal(n) / 4, tags=["a", f"t{n}"]) for n in range(count)]
    return Author(name="Ann", born=datetime.date(1990, 2, 3), facts={"x": [1, None]}, books=books)


def test_objects_are_kept_and_found(engine: sa.Engine) -> None:
    with orm.Session(engine) as session:
        session.add(shelf(300))
        session.commit()
    with orm.Session(engine) as session:
        author = session.scalars(sa.select(Author).options(orm.selectinload(Author.books))).one()
        assert (author.name, author.born, author.facts) == ("Ann", datetime.date(1990, 2, 3), {"x": [1, None]})
        assert sorted(book.price for book in author.books) == [Decimal(n) / 4 for n in range(300)]
        assert {book.added.tzinfo is None for book in author.books} == {False}


def test_objects_are_changed_and_deleted(engine: sa.Engine) -> None:
    with orm.Session(engine) as session:
        author = shelf(3)
        session.add(author)
        session.flush()
        author.books[0].title = "Changed"
        author.books.pop()
        session.commit()
        assert session.scalar(sa.select(sa.func.count(Book.id))) == 2
        session.delete(author)
        session.commit()
        assert session.scalar(sa.select(sa.func.count(Book.id))) == 0


def test_joins_and_aggregates(engine: sa.Engine) -> None:
    with orm.Session(engine) as session:
        session.add(shelf(8))
        session.flush()
        query = (
            sa.select(Author.name, sa.func.count(), sa.func.sum(Book.price)).join(Author.books).group_by(Author.name)
        )
        assert session.execute(query).all() == [("Ann", 8, Decimal("7.00"))]
        session.rollback()


def test_a_savepoint_takes_back_its_own(engine: sa.Engine) -> None:
    with orm.Session(engine) as session, session.begin():
        session.add(shelf(1))
        with pytest.raises(sa.exc.IntegrityError), session.begin_nested():
            session.execute(sa.insert(Book).values(title=None, price=1, tags=[], author_id=uuid.uuid4()))
        assert session.scalar(sa.select(sa.func.count(Author.id))) == 1


def test_many_rows_return_their_keys(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        (author,) = connection.execute(sa.insert(Author).returning(Author.id), [{"name": "Bob"}]).scalars()
        rows = [{"title": str(n), "price": n, "author_id": author} for n in range(2_500)]
        ids = connection.execute(sa.insert(Book).returning(Book.id, sort_by_parameter_order=True), rows).scalars().all()
        assert ids == list(range(ids[0], ids[0] + 2_500))


def test_upsert(engine: sa.Engine) -> None:
    key = uuid.uuid4()
    insert = postgresql.insert(Author).values(id=key, name="A", facts={})
    upsert = insert.on_conflict_do_update(index_elements=[Author.id], set_={"name": "B"}).returning(Author.name)
    with engine.begin() as connection:
        assert [connection.execute(upsert).scalar_one() for _ in range(2)] == ["A", "B"]


def test_rows_are_streamed_in_parts(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        query = sa.select(sa.func.generate_series(1, 5_000))
        result = connection.execution_options(yield_per=500).execute(query)
        assert [len(part) for part in result.partitions()] == [500] * 10


def test_reflection_sees_what_was_made(engine: sa.Engine) -> None:
    schema = engine.get_execution_options()["schema_translate_map"][None]
    inspector = sa.inspect(engine)
    assert inspector.get_table_names(schema) == ["author", "book"]
    assert [column["name"] for column in inspector.get_columns("author", schema)] == ["id", "name", "born", "facts"]
    assert inspector.get_foreign_keys("book", schema)[0]["referred_table"] == "author"
    reflected = sa.MetaData()
    reflected.reflect(engine, schema=schema)
    assert isinstance(reflected.tables[f"{schema}.author"].c.facts.type, postgresql.JSONB)


def test_the_isolation_level_is_set_and_reset(engine: sa.Engine) -> None:
    show = sa.text("show transaction_isolation")
    with engine.connect().execution_options(isolation_level="SERIALIZABLE") as connection:
        assert connection.scalar(show) == "serializable"
    with engine.connect() as connection:
        assert connection.scalar(show) == "read committed"
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        assert connection.scalar(sa.text("select pg_current_xact_id_if_assigned() is null")) is True
