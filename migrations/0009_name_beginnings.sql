-- Names that begin in a given way, by code units and not by the database's collation: banks cut names at the length of their fields.
create index party_name_beginning on party_name (name_key collate "C");
