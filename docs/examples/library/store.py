"""The library's database."""

from __future__ import annotations

import sqlite3
import threading
from dataclasses import dataclass
from datetime import date
from pathlib import Path

SCHEMA = """
CREATE TABLE IF NOT EXISTS books (
    isbn TEXT PRIMARY KEY, title TEXT NOT NULL, author TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS loans (
    isbn TEXT PRIMARY KEY REFERENCES books, member TEXT NOT NULL, due TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS payments (number INTEGER PRIMARY KEY, member TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS clubs (name TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS members (
    club TEXT NOT NULL REFERENCES clubs, name TEXT NOT NULL, PRIMARY KEY (club, name)
);
INSERT OR IGNORE INTO books VALUES
    ('9780141439587', 'Emma', 'Jane Austen'),
    ('9780141439518', 'Pride and Prejudice', 'Jane Austen'),
    ('9780141439556', 'Wuthering Heights', 'Emily Brontë'),
    ('9780141441146', 'Jane Eyre', 'Charlotte Brontë');
"""
BOOKS = """
SELECT books.isbn, title, author, loans.isbn IS NULL AS available
FROM books LEFT JOIN loans USING (isbn)
"""


@dataclass(frozen=True)
class Book:
    """A book, and whether it can be lent."""

    isbn: str
    title: str
    author: str
    available: bool


class Store:
    """The tables in one file. Its methods block, and may be called in any thread."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._database = sqlite3.connect(path, check_same_thread=False)
        self._database.executescript(SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def search(self, text: str, limit: int) -> list[Book]:
        """The books with a text in their title or author."""
        return self._books(
            "WHERE instr(lower(title || ' ' || author), lower(?)) "
            "ORDER BY title LIMIT ?",
            text,
            limit,
        )

    def book(self, isbn: str) -> Book | None:
        """One book."""
        return next(iter(self._books("WHERE books.isbn = ?", isbn)), None)

    def shelf(self) -> list[Book]:
        """The books that are not lent."""
        return self._books("WHERE loans.isbn IS NULL ORDER BY title")

    def add(self, isbn: str, title: str, author: str) -> None:
        """Add a book, once."""
        self._change(
            "INSERT OR IGNORE INTO books VALUES (?, ?, ?)", isbn, title, author
        )

    def loans(self, member: str) -> int:
        """How many books a member has."""
        with self._lock:
            query = "SELECT count(*) FROM loans WHERE member = ?"
            return int(self._database.execute(query, (member,)).fetchone()[0])

    def lend(self, isbn: str, member: str, due: date) -> bool:
        """Lend a book; False if somebody has it."""
        return self._change(
            "INSERT OR IGNORE INTO loans VALUES (?, ?, ?)", isbn, member, str(due)
        )

    def take_back(self, isbn: str) -> bool:
        """End a loan; False if there is none."""
        return self._change("DELETE FROM loans WHERE isbn = ?", isbn)

    def new_payment(self, member: str) -> int:
        """The number of a new payment."""
        with self._lock, self._database:
            statement = "INSERT INTO payments (member) VALUES (?)"
            return int(self._database.execute(statement, (member,)).lastrowid or 0)

    def clubs(self) -> list[str]:
        """The names of all clubs."""
        with self._lock:
            return [row[0] for row in self._database.execute("SELECT name FROM clubs")]

    def open_club(self, name: str) -> bool:
        """Open a club; False if there is one of this name."""
        return self._change("INSERT OR IGNORE INTO clubs VALUES (?)", name)

    def join(self, club: str, member: str) -> None:
        """Make somebody a member of a club, once."""
        self._change("INSERT OR IGNORE INTO members VALUES (?, ?)", club, member)

    def _books(self, where: str, *values: str | int) -> list[Book]:
        with self._lock:
            rows = self._database.execute(BOOKS + where, values).fetchall()
        return [
            Book(isbn, title, author, bool(free)) for isbn, title, author, free in rows
        ]

    def _change(self, statement: str, *values: str) -> bool:
        """Change something in a transaction; whether a row was changed."""
        with self._lock, self._database:
            return self._database.execute(statement, values).rowcount > 0
