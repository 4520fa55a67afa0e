"""Everything that is kept, on SQLite or PostgreSQL. The only package that knows SQLAlchemy.

`store.open_store` opens it; `Store.writing(merchant)` and `Store.reading(merchant)` give a unit of work that is bound
to one merchant; `group_commit` writes what arrives together in one transaction; `schema` moves the tables up and down.
"""
