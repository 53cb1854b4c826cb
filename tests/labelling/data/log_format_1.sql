BEGIN TRANSACTION;
CREATE TABLE events (
	event_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	client_id VARCHAR(100) NOT NULL, 
	client_seq BIGINT NOT NULL, 
	at VARCHAR(40) NOT NULL, 
	session VARCHAR(100) NOT NULL, 
	annotator VARCHAR(100) NOT NULL, 
	kind VARCHAR(10) NOT NULL, 
	action VARCHAR(140) NOT NULL, 
	galaxy_id TEXT, 
	question TEXT NOT NULL, 
	answer TEXT, 
	undoes VARCHAR(140), 
	shown TEXT NOT NULL, 
	CONSTRAINT one_event_for_one_act UNIQUE (client_id, client_seq)
);
INSERT INTO "events" VALUES(1,'examples-1',0,'2026-11-21T19:50:11.809+00:00','hunt','ann','answer','examples-1/0','g1','Merger?','yes',NULL,'{"stream": "example"}');
INSERT INTO "events" VALUES(2,'examples-1',1,'2026-11-21T19:50:11.809+00:00','hunt','ann','picture','examples-1/0','pic','Merger?','yes',NULL,'{"stream": "example"}');
INSERT INTO "events" VALUES(3,'page',0,'2026-11-21T19:50:11.864+00:00','hunt','ann','answer','page/0','g2','Merger?','no',NULL,'{"stream": "hunt", "rank": 3, "score": 0.25, "probability": null, "note": "naïve <b>''; --"}');
INSERT INTO "events" VALUES(4,'page',1,'2026-11-21T19:50:11.911+00:00','hunt','ann','answer','page/1','g3','Merger?','no',NULL,'{"stream": "random", "probability": 0.125, "position": 3}');
INSERT INTO "events" VALUES(5,'page',2,'2026-11-21T19:50:11.911+00:00','hunt','ann','answer','page/1','g4','Merger?','no',NULL,'{"stream": "random", "probability": 0.125, "position": 4}');
INSERT INTO "events" VALUES(6,'page',3,'2026-11-21T19:50:11.911+00:00','hunt','ann','answer','page/1','g5','Merger?','no',NULL,'{"stream": "random", "probability": 0.125, "position": 5}');
INSERT INTO "events" VALUES(7,'page',10,'2026-11-21T19:50:11.947+00:00','hunt','ann','undo','page/10',NULL,'Merger?',NULL,'page/1','{}');
INSERT INTO "events" VALUES(8,'page',11,'2026-11-21T19:50:11.979+00:00','hunt','ann','redo','page/11',NULL,'Merger?',NULL,'page/1','{}');
INSERT INTO "events" VALUES(9,'other',0,'2026-11-21T19:50:12.007+00:00','hunt','bob','answer','other/0','g3','Merger?','yes',NULL,'{}');
INSERT INTO "events" VALUES(10,'other',1,'2026-11-21T19:50:12.031+00:00','hunt','bob','undo','other/1',NULL,'Merger?',NULL,'other/0','{}');
CREATE TABLE sessions (
	session VARCHAR(100) NOT NULL, 
	PRIMARY KEY (session)
);
INSERT INTO "sessions" VALUES('hunt');
CREATE INDEX events_of_a_session ON events (session, event_id);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('events',10);
COMMIT;
