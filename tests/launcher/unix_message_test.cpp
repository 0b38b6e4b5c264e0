#include "launcher/descriptor.hpp"
#include "launcher/unix_message.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <numeric>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace sandboxd::launcher {
namespace {

struct note {
  std::uint32_t a = 0;
  std::uint32_t b = 0;
};

class unix_message : public ::testing::Test {
protected:
  descriptor_pair pair = make_seqpacket_pair();
  int here = pair.first.get();
  int there = pair.second.get();
  note received;
  received_extras extras;
};

/// Sends plain bytes with `count` copies of a descriptor by a control message of our own making.
void send_many_descriptors(int socket, const note& text, std::size_t count, int passed) {
  std::vector<int> numbers(count, passed);
  std::vector<char> control(CMSG_SPACE(count * sizeof(int)));
  iovec data{const_cast<note*>(&text), sizeof(text)};
  msghdr header{};
  header.msg_iov = &data;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  cmsghdr* part = CMSG_FIRSTHDR(&header);
  part->cmsg_level = SOL_SOCKET;
  part->cmsg_type = SCM_RIGHTS;
  part->cmsg_len = CMSG_LEN(count * sizeof(int));
  std::memcpy(CMSG_DATA(part), numbers.data(), count * sizeof(int));
  ASSERT_EQ(::sendmsg(socket, &header, 0), static_cast<ssize_t>(sizeof(text)));
}

long open_descriptors() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"),
                       std::filesystem::directory_iterator());
}

TEST_F(unix_message, arrives_whole) {
  ASSERT_EQ(send_message(here, note{1, 2}), 0);
  ASSERT_EQ(send_message(here, note{3, 4}), 0);
  ASSERT_EQ(receive_message(there, received, extras), receive_result::message);
  EXPECT_EQ(received.a, 1u);
  EXPECT_EQ(received.b, 2u);
  EXPECT_EQ(extras.descriptor_count, 0u);
  EXPECT_EQ(extras.sender, 0);
  ASSERT_EQ(receive_message(there, received, extras), receive_result::message);
  EXPECT_EQ(received.a, 3u);
}

TEST_F(unix_message, is_awaited_without_blocking_when_asked) {
  EXPECT_EQ(receive_message(there, received, extras, MSG_DONTWAIT), receive_result::would_block);
}

TEST_F(unix_message, carries_descriptors_to_the_same_files) {
  std::vector<descriptor_pair> pipes;
  std::vector<int> sent;
  for (std::size_t i = 0; i < max_passed_descriptors; ++i) {
    pipes.push_back(make_pipe());
    sent.push_back(pipes.back().first.get());
  }
  ASSERT_EQ(send_message(here, note{1, 2}, sent), 0);
  ASSERT_EQ(receive_message(there, received, extras), receive_result::message);
  ASSERT_EQ(extras.descriptor_count, max_passed_descriptors);
  for (std::size_t i = 0; i < max_passed_descriptors; ++i) {
    struct stat theirs {};
    struct stat ours {};
    ASSERT_EQ(::fstat(extras.descriptors[i].get(), &theirs), 0);
    ASSERT_EQ(::fstat(sent[i], &ours), 0);
    EXPECT_EQ(theirs.st_ino, ours.st_ino);
    EXPECT_EQ(::fcntl(extras.descriptors[i].get(), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
  }
}

TEST_F(unix_message, carries_descriptors_and_the_senders_pid_together) {
  receive_sender_pids(there);
  const std::vector<int> sent(max_passed_descriptors, here);
  ASSERT_EQ(send_message(here, note{1, 2}, sent, ::getpid()), 0);
  ASSERT_EQ(receive_message(there, received, extras), receive_result::message);
  EXPECT_EQ(extras.descriptor_count, max_passed_descriptors);
  EXPECT_EQ(extras.sender, ::getpid());
}

TEST_F(unix_message, of_another_size_counts_as_closed) {
  for (const std::size_t size : {std::size_t{1}, sizeof(note) - 1, sizeof(note) + 1, std::size_t{1000}}) {
    const std::vector<std::byte> bytes(size);
    ASSERT_EQ(send_bytes(here, bytes), 0);
    EXPECT_EQ(receive_message(there, received, extras), receive_result::closed) << size;
  }
}

TEST_F(unix_message, tells_when_the_peer_is_gone) {
  ASSERT_EQ(send_message(here, note{1, 2}), 0);
  pair.first.reset();
  EXPECT_EQ(receive_message(there, received, extras), receive_result::message) << "sent before the end";
  EXPECT_EQ(receive_message(there, received, extras), receive_result::closed);
  EXPECT_EQ(receive_message(there, received, extras, MSG_DONTWAIT), receive_result::closed);
  EXPECT_EQ(send_message(there, note{1, 2}), EPIPE) << "and no SIGPIPE";
}

TEST_F(unix_message, is_refused_at_a_full_buffer_when_asked_not_to_block) {
  int error = 0;
  for (int i = 0; i < 100000 && error == 0; ++i)
    error = send_message(here, note{}, {}, 0, MSG_DONTWAIT);
  EXPECT_EQ(error, EAGAIN);
}

TEST_F(unix_message, with_more_descriptors_than_allowed_is_not_sent) {
  const std::vector<int> sent(max_passed_descriptors + 1, here);
  EXPECT_EQ(send_message(here, note{1, 2}, sent), EINVAL);
  EXPECT_EQ(send_message(here, note{1, 2}, sent, ::getpid()), EINVAL);
  EXPECT_EQ(receive_message(there, received, extras, MSG_DONTWAIT), receive_result::would_block);
}

TEST_F(unix_message, with_more_descriptors_than_expected_leaks_none) {
  const auto before = open_descriptors();
  for (const std::size_t count : {max_passed_descriptors + 1, std::size_t{12}, std::size_t{100}}) {
    send_many_descriptors(here, note{1, 2}, count, here);
    ASSERT_EQ(receive_message(there, received, extras), receive_result::message);
    EXPECT_EQ(extras.descriptor_count, max_passed_descriptors);
    extras = {};
    EXPECT_EQ(open_descriptors(), before) << count;
  }
}

TEST_F(unix_message, of_the_wrong_size_leaks_no_descriptor) {
  const auto before = open_descriptors();
  const std::vector<std::byte> bytes(3);
  const std::vector<int> sent(2, here);
  ASSERT_EQ(send_bytes(here, bytes, sent), 0);
  EXPECT_EQ(receive_message(there, received, extras), receive_result::closed);
  extras = {};
  EXPECT_EQ(open_descriptors(), before);
}

TEST(receive_sender_pids, throws_for_what_is_no_socket) {
  EXPECT_THROW(receive_sender_pids(-1), std::system_error);
}

} // namespace
} // namespace sandboxd::launcher
