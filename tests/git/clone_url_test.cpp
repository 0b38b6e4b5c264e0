#include "git/clone_url.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <utility>
#include <vector>

namespace sandboxd::git {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// gitprotocol and git-clone(1), "GIT URLS"; gitremote-helpers(7) for "::".
TEST(CloneUrl, HasTheSchemeThatGitSeesInIt) {
  const std::vector<std::pair<std::string, std::string>> table{
      {"https://host/a.git", "https"},
      {"HTTP://host/a", "http"},
      {"ssh://git@host:22/a", "ssh"},
      {"git+ssh://host/a", "ssh"},
      {"ssh+git://host/a", "ssh"},
      {"git://host/a", "git"},
      {"file:///srv/a", "file"},
      {"git@github.com:a/b.git", "ssh"},
      {"host:a", "ssh"},
      {"/srv/a.git", "file"},
      {"a/b", "file"},
      {"./a:b", "file"},
      {"/srv/a:b", "file"},
      {"-x", "file"},
      {"--upload-pack=touch /tmp/x", "file"},
      {"ext::sh -c id", "ext"},
      {"fd::17", "fd"},
      {"EXT::sh -c id", "ext"},
      {"ftp://host/a", "ftp"},
      {"javascript://x", "javascript"},
      {"", "file"},
  };
  for (const auto& [url, scheme] : table)
    EXPECT_EQ(scheme_of(url), scheme) << url;
}

// libgit2 1.5, transport.c: what has no known prefix and a colon anywhere is SSH.
TEST(CloneUrl, HasTheSchemeThatLibgit2WouldUse) {
  EXPECT_EQ(library_scheme_of("https://host/a"), "https");
  EXPECT_EQ(library_scheme_of("GIT://host/a"), "git");
  EXPECT_EQ(library_scheme_of("/srv/a"), "file");
  EXPECT_EQ(library_scheme_of("/srv/a:b"), "ssh");
  EXPECT_EQ(library_scheme_of("ftp://host/a"), "ssh");
  EXPECT_EQ(library_scheme_of("ext::sh -c id"), "ssh");
}

TEST(CloneUrl, IsAllowedByAListOfSchemes) {
  EXPECT_THAT(split_schemes("https, HTTP,,ssh ,"), ElementsAre("https", "http", "ssh"));
  EXPECT_THAT(split_schemes(""), IsEmpty());
  EXPECT_TRUE(is_allowed("ssh", split_schemes("https,ssh")));
  EXPECT_FALSE(is_allowed("http", split_schemes("https,ssh")));
  EXPECT_FALSE(is_allowed("", split_schemes("https,ssh")));
}

TEST(CloneUrl, FallsIntoItsParts) {
  const auto web = split_url("https://us%40er:p:w@host:8443/a/b.git?x=1");
  EXPECT_EQ(web.scheme, "https");
  EXPECT_EQ(web.user, "us%40er");
  EXPECT_EQ(web.password, "p:w");
  EXPECT_EQ(web.host, "host:8443");
  EXPECT_EQ(web.path, "/a/b.git?x=1");
  const auto scp = split_url("git@host:a/b");
  EXPECT_TRUE(scp.has_user);
  EXPECT_EQ(scp.host, "host");
  EXPECT_EQ(scp.path, "a/b");
  EXPECT_EQ(split_url("/srv/a@b:c").path, "/srv/a@b:c");
  EXPECT_FALSE(split_url("https://host/a@b").has_user);
  EXPECT_EQ(without_credentials("https://u:p@host/a"), "https://host/a");
  EXPECT_EQ(without_credentials("git@host:a"), "git@host:a");
}

// HTTP.md 7: `https://user:pw@host` becomes `https://******@host`.
TEST(CloneUrl, LosesItsCredentialsInAnyText) {
  const std::vector<std::pair<std::string, std::string>> table{
      {"https://user:pw@host/a.git", "https://******@host/a.git"},
      {"http://token@host/a", "http://******@host/a"},
      {"fatal: 'https://u:p@h/' and https://v:q@i.", "fatal: 'https://******@h/' and https://******@i."},
      {"https://u:p@w@host/a", "https://******@host/a"},
      {"HTTPS://u:p@host", "HTTPS://******@host"},
      {"https://host/a@b", "https://host/a@b"},
      {"https://host/?to=a@b", "https://host/?to=a@b"},
      {"https://host and a@b", "https://host and a@b"},
      {"ssh://git@host/a", "ssh://git@host/a"},
      {"ssh://git:pw@host/a", "ssh://******@host/a"},
      {"git@host:a", "git@host:a"},
      {"no URL at all", "no URL at all"},
      {"https://", "https://"},
      {"", ""},
  };
  for (const auto& [text, shown] : table)
    EXPECT_EQ(redact(text), shown) << text;
}

TEST(CloneUrl, HidesKnownCredentialsWhereverTheyTurnUp) {
  const std::string url = "https://me:s3cr%23et@host/a";
  EXPECT_EQ(redact("bad password s3cr%23et", url), "bad password ******");
  EXPECT_EQ(redact("bad password s3cr#et", url), "bad password ******");
  EXPECT_EQ(redact("it was me:s3cr%23et", url), "it was ******");
  EXPECT_EQ(redact("token is ghp_0123", "https://ghp_0123@host/a"), "token is ******");
  EXPECT_EQ(redact("user is git", "ssh://git@host/a"), "user is git");
}

TEST(CloneUrl, NeverShowsARandomPasswordInATextThatQuotesIt) {
  std::mt19937 random(20240607);
  constexpr std::string_view letters = "abcXYZ019._~!$&'()*+,;=:%@-";
  for (int round = 0; round < 2000; ++round) {
    std::string password = "pw";
    for (unsigned i = 0, size = 4 + random() % 20; i < size; ++i)
      password += letters[random() % letters.size()];
    const auto url = "https://user:" + password + "@host.example/a/b.git";
    EXPECT_THAT(redact("Cloning '" + url + "'..."), Not(HasSubstr(password))) << url;
    EXPECT_THAT(redact("'" + password + "' is wrong", url), Not(HasSubstr(password))) << url;
  }
}

TEST(CloneUrl, IsPercentDecoded) {
  EXPECT_EQ(percent_decoded("a%41%2fb%2Fc"), "aA/b/c");
  EXPECT_EQ(percent_decoded("%"), "%");
  EXPECT_EQ(percent_decoded("%4"), "%4");
  EXPECT_EQ(percent_decoded("%zz%41"), "%zzA");
}

// HTTP.md 7, default target of dialect B.
TEST(CloneUrl, NamesTheDirectoryOfItsClone) {
  const std::vector<std::pair<std::string, std::string>> table{
      {"https://github.com/a/b.git", "b"},
      {"https://github.com/a/b", "b"},
      {"https://github.com/a/b.git?x=/c", "b"},
      {"git@host:a/b.git", "b"},
      {"git@host:b.git", "b"},
      {"/srv/repos/b.git", "b"},
      {"b", "b"},
      {"https://host", "repository"},
      {"https://host/", "repository"},
      {"https://host/.git", "repository"},
      {"https://host/a/..", "repository"},
      {"https://host/a/.", "repository"},
      {"", "repository"},
  };
  for (const auto& [url, name] : table)
    EXPECT_EQ(default_directory_name(url), name) << url;
}

} // namespace
} // namespace sandboxd::git
