// The CA as a program: what it prints and writes is enough for a client.
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <iterator>
#include <utility>

#include "core/check.h"
#include "tests/fakes/scripted_ca/issued_chain.h"
#include "tests/fakes/scripted_ca/raw_client.h"
#include "tests/support/temp_dir.h"

namespace certbroker::scripted_ca {
namespace {

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The program with these arguments; its first line of output.
class Program {
 public:
  explicit Program(std::vector<std::string> arguments) {
    std::array<int, 2> pipe{};
    CERTBROKER_CHECK(::pipe(pipe.data()) == 0);
    arguments.insert(arguments.begin(), SCRIPTED_CA_PROGRAM);
    std::vector<char*> words;
    for (std::string& argument : arguments) words.push_back(argument.data());
    words.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, pipe[1], STDOUT_FILENO);
    CERTBROKER_CHECK(::posix_spawn(&pid_, words[0], &actions, nullptr, words.data(), environ) == 0);
    posix_spawn_file_actions_destroy(&actions);
    ::close(pipe[1]);
    output_ = pipe[0];
  }
  ~Program() {
    if (pid_ > 0) Stop();
    ::close(output_);
  }

  std::string FirstLine() const {
    std::string line;
    char c = 0;
    while (::read(output_, &c, 1) == 1 && c != '\n') line += c;
    return line;
  }
  int Stop() {
    ::kill(pid_, SIGTERM);
    return Wait();
  }
  int Wait() {
    int status = 0;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    return WEXITSTATUS(status);
  }

 private:
  pid_t pid_ = -1;
  int output_ = -1;
};

TEST(ScriptedCaProgramTest, ServesAClientThatKnowsOnlyItsFiles) {
  const TempDir directory;
  const std::string path = directory.path();
  std::ofstream(path + "/script.json")
      << R"({"rules": [{"endpoint": "new-order", "action": {"problem": {"status": 500}}}]})";
  Program program({"--listen", "127.0.0.1:0", "--script", path + "/script.json", "--tls-root-out",
                   path + "/tls.pem", "--roots-out", path + "/roots.pem", "--directory-out",
                   path + "/directory", "--report-out", path + "/report.json"});
  const std::string url = program.FirstLine();
  ASSERT_EQ(ReadFile(path + "/directory"), url + "\n");

  RawClient client(url, ReadFile(path + "/tls.pem"), ClientKey::P256());
  EXPECT_EQ(client.Register().status, 201);
  EXPECT_EQ(client.NewOrder({"a.example.com"}).status, 500) << "as the script says";
  const Reply chain = client.Issue({"a.example.com"});
  const Time now = std::chrono::time_point_cast<Time::duration>(std::chrono::system_clock::now());
  EXPECT_EQ(Verify(chain.body, ReadFile(path + "/roots.pem"), now), X509_V_OK);

  EXPECT_EQ(program.Stop(), 0);
  const Json report = Json::parse(ReadFile(path + "/report.json"));
  EXPECT_EQ(report["certificates"], 1);
  EXPECT_EQ(report["requests"]["new-order"]["scripted"], 1);
}

// What expires does so when the test says, in another process too.
TEST(ScriptedCaProgramTest, MovesItsClockWhenItIsTold) {
  const TempDir directory;
  const std::string path = directory.path();
  Program program({"--listen", "127.0.0.1:0", "--tls-root-out", path + "/tls.pem", "--management",
                   "127.0.0.1:0", "--management-out", path + "/management"});
  const std::string url = program.FirstLine();  // the files are there once it has come
  RawClient client(url, ReadFile(path + "/tls.pem"), ClientKey::P256());
  std::string management = ReadFile(path + "/management");
  management.pop_back();
  client.Register();
  const Reply order = client.NewOrder({"a.example.com"});

  const Reply moved =
      client.PostBody(management + "/clock", R"({"advance": 8640000})", "application/json");

  EXPECT_EQ(moved.status, 200) << moved.body;
  EXPECT_EQ(client.Get(management + "/clock").json()["now"].get<std::string>().substr(0, 10),
            moved.json()["now"].get<std::string>().substr(0, 10));
  EXPECT_EQ(client.Post(order.Header("location"), "").problem(), "badNonce") << "they are old too";
  EXPECT_EQ(client.Post(order.Header("location"), "").json()["status"], "invalid");
  EXPECT_EQ(client.Get(management + "/report").json()["orders"], 1);
}

TEST(ScriptedCaProgramTest, RefusesAScriptWithAMistake) {
  const TempDir directory;
  std::ofstream(directory.path() + "/script.json") << R"({"rules": [{"endpoint": "nowhere"}]})";

  EXPECT_EQ(
      Program({"--listen", "127.0.0.1:0", "--script", directory.path() + "/script.json"}).Wait(),
      1);
}

}  // namespace
}  // namespace certbroker::scripted_ca
