// ProgramSolver on small real scripts.
#include "acme/solvers/program_solver.h"

#include <fcntl.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <nlohmann/json.hpp>

#include "core/unique_fd.h"
#include "tests/support/result_matchers.h"
#include "tests/support/temp_dir.h"

namespace certbroker::acme {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class ProgramSolverTest : public ::testing::Test {
 protected:
  static std::string Script(const std::string& name) {
    return std::string(TESTDATA_SOLVERS) + "/" + name;
  }
  std::unique_ptr<ProgramSolver> Solver(ProgramStyle style, std::vector<std::string> argv,
                                        milliseconds timeout = seconds{20}) {
    ProgramOptions options;
    options.style = style;
    options.argv = std::move(argv);
    options.environment = {{"RECORDS", records_}};
    options.timeout = timeout;
    auto solver = ProgramSolver::Create(std::move(options), clock_, random_);
    EXPECT_THAT(solver, IsOk());
    return *std::move(solver);
  }
  std::unique_ptr<ProgramSolver> Shell(const std::string& line,
                                       milliseconds timeout = seconds{20}) {
    return Solver(ProgramStyle::kJson, {"/bin/sh", "-c", line}, timeout);
  }
  SteadyTime Soon() const { return clock_.Tick() + seconds{30}; }
  std::string Records() const {
    std::ifstream file(records_);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }

  // Key authorization and value belong together (RFC 8555 §8.4).
  const DnsChallenge challenge_ = {.record_name = "_acme-challenge.example.com",
                                   .value = "dXlhcWvL1kvE7ImUBR-AwDoYkogAOb46tbK9p_8G8Pg",
                                   .domain = "example.com",
                                   .token = "tok-en",
                                   .key_authorization = "tok-en.thumb-print"};
  TempDir dir_;
  const std::string records_ = dir_.path() + "/records";
  SystemClock clock_;
  SystemRandom random_;
};

TEST_F(ProgramSolverTest, TellsAJsonProgramEverything) {
  const auto solver = Solver(ProgramStyle::kJson, {Script("json_hook.sh")});
  ASSERT_THAT(solver->Present(challenge_, Soon()), IsOk());
  const auto told = nlohmann::json::parse(Records());
  EXPECT_EQ(told["action"], "present");
  EXPECT_EQ(told["record_name"], challenge_.record_name);
  EXPECT_EQ(told["value"], challenge_.value);
  EXPECT_EQ(told["domain"], "example.com");
  EXPECT_EQ(told["token"], "tok-en");
  EXPECT_EQ(told["key_authorization"], "tok-en.thumb-print");

  ASSERT_THAT(solver->CleanUp(challenge_, Soon()), IsOk());
  EXPECT_THAT(Records(), HasSubstr("\"action\":\"cleanup\""));
}

TEST_F(ProgramSolverTest, RunsAScriptForLegosExecProviderUnchanged) {
  const auto solver = Solver(ProgramStyle::kLegoExec, {Script("lego_exec.sh")});
  ASSERT_THAT(solver->Present(challenge_, Soon()), IsOk());
  EXPECT_EQ(Records(), "_acme-challenge.example.com. 300 IN TXT \"" + challenge_.value + "\"\n");
  ASSERT_THAT(solver->CleanUp(challenge_, Soon()), IsOk());
  EXPECT_THAT(Records(), IsEmpty());
}

TEST_F(ProgramSolverTest, RunsAScriptForLegosRawModeUnchanged) {
  const auto solver = Solver(ProgramStyle::kLegoExecRaw, {Script("lego_exec_raw.sh")});
  ASSERT_THAT(solver->Present(challenge_, Soon()), IsOk());
  EXPECT_EQ(Records(), "present _acme-challenge.example.com " + challenge_.value + "\n");
}

TEST_F(ProgramSolverTest, RunsADehydratedHookUnchanged) {
  const auto solver = Solver(ProgramStyle::kDehydrated, {Script("dehydrated_hook.sh")});
  ASSERT_THAT(solver->Present(challenge_, Soon()), IsOk());
  ASSERT_THAT(solver->CleanUp(challenge_, Soon()), IsOk());
  EXPECT_EQ(Records(), "add _acme-challenge.example.com. " + challenge_.value + " (tok-en)\n" +
                           "del _acme-challenge.example.com. " + challenge_.value + " (tok-en)\n");
}

TEST_F(ProgramSolverTest, TellsHowAProgramFailedAndWhatItSaid) {
  const auto solver = Shell("echo out; printf 'bad \\033[31mcolour' >&2; exit 3");
  EXPECT_THAT(solver->Present(challenge_, Soon()),
              IsError(Reason::kSolverProgramFailed,
                      AllOf(HasSubstr("exit code 3"), HasSubstr("out bad ?[31mcolour"))));
}

TEST_F(ProgramSolverTest, KeepsTheEndOfTheFirst16KibOfOutput) {
  const auto solver = Shell("yes | head -c 1000000; exit 1");
  const auto outcome = solver->Present(challenge_, Soon());
  ASSERT_THAT(outcome, IsError(Reason::kSolverProgramFailed));
  EXPECT_LT(outcome.error().detail().size(), 2000U);
}

TEST_F(ProgramSolverTest, EndsAProgramThatTakesTooLong) {
  const auto begin = clock_.Tick();
  const auto solver =
      Shell("trap 'echo told to stop; exit 0' TERM; sleep 60 & wait", milliseconds{300});
  EXPECT_THAT(solver->Present(challenge_, Soon()),
              IsError(Reason::kSolverProgramFailed,
                      AllOf(HasSubstr("in time"), HasSubstr("told to stop"))));
  EXPECT_LT(clock_.Tick() - begin, seconds{10});
}

TEST_F(ProgramSolverTest, KillsTheWholeGroupOfAProgramThatDoesNotListen) {
  const auto begin = clock_.Tick();
  const auto solver = Shell(
      "trap '' TERM; sh -c 'trap \"\" TERM; echo $$ >\"$RECORDS\"; sleep 60' & "
      "wait; sleep 60",
      milliseconds{300});
  EXPECT_THAT(solver->Present(challenge_, Soon()), IsError(Reason::kSolverProgramFailed));
  EXPECT_LT(clock_.Tick() - begin, seconds{10});
  const pid_t child = static_cast<pid_t>(std::stoi(Records()));
  // Gone, or a zombie that its new parent has not buried yet.
  std::ifstream status("/proc/" + std::to_string(child) + "/stat");
  std::string pid;
  std::string name;
  std::string state = "gone";
  status >> pid >> name >> state;
  EXPECT_TRUE(state == "gone" || state == "Z") << state;
}

TEST_F(ProgramSolverTest, ReturnsByTheDeadlineOfTheCaller) {
  const auto deadline = clock_.Tick() + milliseconds{2500};
  EXPECT_THAT(Shell("sleep 60")->Present(challenge_, deadline),
              IsError(Reason::kSolverProgramFailed, HasSubstr("in time")));
  EXPECT_LT(clock_.Tick(), deadline + milliseconds{500});
}

TEST_F(ProgramSolverTest, DoesNotWaitForWhatAProgramLeavesBehind) {
  const auto begin = clock_.Tick();
  EXPECT_THAT(Shell("sleep 20 & exit 0")->Present(challenge_, Soon()), IsOk());
  EXPECT_LT(clock_.Tick() - begin, seconds{10});
}

TEST_F(ProgramSolverTest, GivesACleanEnvironmentAndNoDescriptors) {
  ::setenv("SECRET_OF_OURS", "x", 1);
  const UniqueFd ours(::open("/dev/null", O_RDONLY));  // not closed by exec
  ASSERT_THAT(Shell("env >>\"$RECORDS\"; ls /proc/self/fd >>\"$RECORDS\"; pwd >>\"$RECORDS\"")
                  ->Present(challenge_, Soon()),
              IsOk());
  ::unsetenv("SECRET_OF_OURS");
  EXPECT_THAT(Records(), AllOf(HasSubstr("PATH=/usr/local/sbin"), Not(HasSubstr("SECRET_OF_OURS")),
                               Not(HasSubstr("HOME="))));
  // 3 is ls' own, for the directory.
  EXPECT_THAT(Records(), HasSubstr("\n0\n1\n2\n3\n/\n"));
}

TEST_F(ProgramSolverTest, RefusesWhatIsNoProgram) {
  ProgramOptions options;
  for (const std::vector<std::string>& argv :
       std::vector<std::vector<std::string>>{{}, {"relative"}, {""}}) {
    options.argv = argv;
    EXPECT_THAT(ProgramSolver::Create(options, clock_, random_), IsError(Reason::kConfigInvalid));
  }
  EXPECT_THAT(Solver(ProgramStyle::kJson, {"/nonexistent/program"})->Present(challenge_, Soon()),
              IsError(Reason::kSolverProgramFailed, HasSubstr("/nonexistent/program")));
}

}  // namespace
}  // namespace certbroker::acme
