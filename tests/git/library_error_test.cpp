#include "git/library_error.hpp"

#include <git2/errors.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sandboxd::git {
namespace {

const std::string no_remote =
    "fatal: Could not read from remote repository.\n\nPlease make sure you have the "
    "correct access rights\nand the repository exists.\n";

// What git 2.39 writes in the same case, tried by hand; what libgit2 1.5.1 says stands in its sources.
TEST(LibraryError, BecomesTheTextOfGit) {
  struct row {
    library_error error;
    std::string url;
    tried_credentials tried;
    std::string standard_error;
    std::string cause;
  };
  const std::vector<row> table{
      {{GIT_ERROR, GIT_ERROR_HTTP, "unexpected http status code: 404"},
       "https://host/a.git",
       {},
       "fatal: repository 'https://host/a.git/' not found\n",
       "not_found"},
      {{GIT_EAUTH, GIT_ERROR_HTTP, "no credentials are accepted"},
       "https://host:8443/a",
       {},
       "fatal: could not read Username for 'https://host:8443': terminal prompts disabled\n",
       "authentication"},
      {{GIT_EAUTH, GIT_ERROR_HTTP, "no credentials are accepted"},
       "https://me@host/a",
       {false, true},
       "fatal: could not read Password for 'https://******@host': terminal prompts disabled\n",
       "authentication"},
      {{GIT_EAUTH, GIT_ERROR_HTTP, "no credentials are accepted"},
       "https://me:secret@host/a",
       {true, false},
       "fatal: Authentication failed for 'https://******@host/a/'\n",
       "authentication"},
      {{GIT_ERROR, GIT_ERROR_HTTP, "unexpected http status code: 403"},
       "https://host/a",
       {},
       "fatal: unable to access 'https://host/a/': The requested URL returned error: 403\n",
       "authentication"},
      {{GIT_ERROR, GIT_ERROR_HTTP, "unexpected http status code: 500"},
       "https://host/a",
       {},
       "fatal: unable to access 'https://host/a/': The requested URL returned error: 500\n",
       "network"},
      {{GIT_ERROR, GIT_ERROR_HTTP, "invalid content-type: 'text/html'"},
       "https://host/a",
       {},
       "fatal: https://host/a/info/refs not valid: is this a git repository?\n",
       "not_found"},
      {{GIT_ERROR, GIT_ERROR_NET, "failed to resolve address for host: Name or service not known"},
       "https://host/a",
       {},
       "fatal: unable to access 'https://host/a/': Could not resolve host: host\n",
       "network"},
      {{GIT_ECERTIFICATE, GIT_ERROR_SSL, "the SSL certificate is invalid: 0x08 - x"},
       "https://host/a",
       {},
       "fatal: unable to access 'https://host/a/': server certificate verification failed: the SSL "
       "certificate is invalid: 0x08 - x\n",
       "certificate"},
      {{GIT_ECERTIFICATE, GIT_ERROR_SSH, "invalid or unknown remote ssh hostkey"},
       "git@host:a",
       {},
       "Host key verification failed.\n" + no_remote,
       "host_key"},
      {{GIT_EAUTH, GIT_ERROR_SSH, "no key is accepted"},
       "git@host:a",
       {},
       "git@host: Permission denied (publickey).\n" + no_remote,
       "authentication"},
      {{GIT_ERROR, GIT_ERROR_OS, "failed to connect to host: Connection refused"},
       "ssh://git@host:2222/a",
       {},
       "ssh: connect to host host port 2222: Connection refused\n" + no_remote,
       "network"},
      {{GIT_ERROR, GIT_ERROR_NET, "failed to resolve address for host: Name or service not known"},
       "git@host:a",
       {},
       "ssh: Could not resolve hostname host: Name or service not known\n" + no_remote,
       "network"},
      {{GIT_EEOF, GIT_ERROR_SSH, "fatal: '/a' does not appear to be a git repository"},
       "git@host:/a",
       {},
       "fatal: '/a' does not appear to be a git repository\n" + no_remote,
       "not_found"},
      {{GIT_ERROR, GIT_ERROR_NET, "remote error: access denied or repository not exported: /a"},
       "git://host/a",
       {},
       "fatal: remote error: access denied or repository not exported: /a\n",
       "not_found"},
      {{GIT_ERROR, GIT_ERROR_OS, "failed to connect to host: Connection refused"},
       "git://host:1/a",
       {},
       "fatal: unable to connect to host:\nerrno=Connection refused\n",
       "network"},
      {{GIT_ENOTFOUND, GIT_ERROR_REPOSITORY, "could not find repository from '/srv'"},
       "/srv",
       {},
       "fatal: repository '/srv' does not exist\n",
       "not_found"},
      {{GIT_ENOTFOUND, GIT_ERROR_OS, "failed to resolve path '/srv': No such file or directory"},
       "file:///srv",
       {},
       "fatal: '/srv' does not appear to be a git repository\n" + no_remote,
       "not_found"},
      {{GIT_ERROR, GIT_ERROR_OS, "failed to write chunk: No space left on device"},
       "https://host/a",
       {},
       "fatal: failed to write chunk: No space left on device\n",
       "filesystem"},
      {{GIT_ERROR, GIT_ERROR_OBJECT, "odd object"}, "https://host/a", {}, "fatal: odd object\n", "other"},
  };
  for (const auto& one : table) {
    const auto result = failed_result(one.error, one.url, one.tried);
    EXPECT_EQ(result.exit_code, 128) << one.error.message;
    EXPECT_EQ(result.standard_error, one.standard_error) << one.error.message;
    EXPECT_EQ(result.cause, one.cause) << one.error.message;
  }
}

} // namespace
} // namespace sandboxd::git
