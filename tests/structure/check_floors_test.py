#!/usr/bin/env python3
"""Shows that check_floors.py finds what it is for."""

import subprocess
import tempfile
import unittest
from pathlib import Path

import check_floors


class CheckFloors(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.root = Path(self.directory.name)
        subprocess.run(["git", "init", "-q", str(self.root)], check=True)

    def write(self, path, text):
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def problems(self):
        return check_floors.check(self.root)

    def test_accepts_the_floors(self):
        self.write("config/settings.hpp", "#include <string>\n")
        self.write("supervision/tree.hpp", '#include "config/settings.hpp"\n')
        self.write("actors/session.hpp", '#include "supervision/tree.hpp"\n#include "caf/actor.hpp"\n')
        self.write("http/server.cpp", '#include "actors/session.hpp"\n#include "nlohmann/json.hpp"\n')
        self.write("main.cpp", '#include "http/server.hpp"\n')
        self.write("http/server.hpp", "")
        self.write("tests/http/server_test.cpp", '#include "http/server.hpp"\n#include "config/settings.hpp"\n')
        self.assertEqual(self.problems(), [])

    def test_finds_an_include_of_a_higher_floor(self):
        self.write("config/settings.hpp", '#include "http/server.hpp"\n')
        self.write("http/server.hpp", "")
        self.assertEqual(self.problems(), ["config/settings.hpp: config may not include http (http/server.hpp)"])

    def test_finds_an_include_beside_and_in_angle_brackets(self):
        self.write("launcher/spawner.hpp", "#  include <supervision/tree.hpp>\n")
        self.write("supervision/tree.hpp", "")
        self.assertEqual(self.problems(),
                         ["launcher/spawner.hpp: launcher may not include supervision (supervision/tree.hpp)"])

    def test_finds_a_client_that_knows_the_server(self):
        self.write("inspector/sandboxctl/a.cpp", '#include "inspector/sandboxctl/b.hpp"\n#include "inspector/call.hpp"\n')
        self.write("inspector/sandboxctl/b.hpp", "")
        self.write("inspector/call.hpp", "")
        self.assertEqual(self.problems(), ["inspector/sandboxctl/a.cpp: inspector/sandboxctl may not include inspector "
                                           "(inspector/call.hpp)"])

    def test_finds_a_folder_that_has_no_floor(self):
        self.write("attic/old.hpp", '#include "config/settings.hpp"\n')
        self.write("config/settings.hpp", "")
        self.assertEqual(self.problems(), ["attic/old.hpp: attic may not include config (config/settings.hpp)"])

    def test_finds_a_loop_within_a_folder(self):
        self.write("actors/a.hpp", '#include "actors/b.hpp"\n')
        self.write("actors/b.hpp", '#include "actors/c.hpp"\n')
        self.write("actors/c.hpp", '#include "actors/a.hpp"\n')
        self.assertEqual(self.problems(),
                         ["includes form a loop: actors/a.hpp -> actors/b.hpp -> actors/c.hpp -> actors/a.hpp"])

    def test_takes_two_ways_to_one_file_for_no_loop(self):
        self.write("actors/a.hpp", '#include "actors/b.hpp"\n#include "actors/c.hpp"\n')
        self.write("actors/b.hpp", '#include "actors/c.hpp"\n')
        self.write("actors/c.hpp", "")
        self.assertEqual(self.problems(), [])

    def test_finds_a_path_that_does_not_begin_at_the_source_root(self):
        self.write("config/load.cpp", '#include "load.hpp"\n')
        self.write("config/load.hpp", "")
        self.assertEqual(self.problems(),
                         ["config/load.cpp: includes load.hpp, which is no path from the source root"])

    def test_lets_the_headers_of_tests_include_an_umbrella(self):
        self.write("tests/support/client.hpp", '#include <nlohmann/json.hpp>\n')
        self.assertEqual(self.problems(), [])

    def test_finds_an_umbrella_in_a_header(self):
        self.write("http/json.hpp", '#include <nlohmann/json.hpp>\n#include "nlohmann/json_fwd.hpp"\n')
        self.assertEqual(self.problems(), ["http/json.hpp: a header includes the umbrella nlohmann/json.hpp"])

    def test_finds_a_file_of_701_lines(self):
        self.write("http/long.cpp", "\n" * 701)
        self.write("http/fine.cpp", "\n" * 700)
        self.assertEqual(self.problems(), ["http/long.cpp: 701 lines, longer than 700"])

    def test_leaves_ignored_files_alone(self):
        self.write(".gitignore", "build/\n")
        self.write("build/generated.cpp", "\n" * 701)
        self.assertEqual(self.problems(), [])


if __name__ == "__main__":
    unittest.main()
