import Shared
import SystemPackage
import TestSupport
import Testing

@testable import Jobs

/// What git tells of a range, asked of the real git.
@Suite(.enabled(if: requireTool("git")))
struct GitChurnTests {
  private let sample: GitSample

  init() async throws {
    sample = try await GitSample()
  }

  private func repository(
    at folder: FilePath? = nil, with more: [String: String] = [:]
  ) async throws -> GitRepository {
    let world = World(
      clock: .system, environment: sample.environment.merging(more) { $1 }, processes: .live,
      children: .live,
      conversations: ConversationRunner { _, folder, _ throws(FileError) in
        throw FileError(operation: "run", path: folder, errno: .noSuchFileOrDirectory)
      },
      pid: 1,
      terminal: Terminal(
        out: { _ in }, err: { _ in }, outIsTerminal: false, errIsTerminal: false))
    let workspace = Workspace(
      flag: (folder ?? sample.root).string, environment: [:], currentFolder: "/")
    return try await GitRepository(holding: workspace, world: world)
  }

  private func churn(
    _ start: String, _ end: String = "HEAD", paths: [String] = [], at folder: FilePath? = nil,
    with more: [String: String] = [:]
  ) async throws -> GitChurn {
    let repository = try await repository(at: folder, with: more)
    return try await repository.churn(
      from: try await repository.commit(start), to: try await repository.commit(end), paths: paths)
  }

  private func failure(_ body: () async throws -> Void) async -> (Jobs.ExitStatus, String)? {
    do {
      try await body()
      return nil
    } catch let error as JobError {
      return (error.status, error.message)
    } catch {
      return (Jobs.ExitStatus.software, "\(error)")
    }
  }

  /// Files, insertions, deletions, commits, authors, tests.
  private func short(_ churn: GitChurn) -> [Int] {
    [
      churn.files, churn.insertions, churn.deletions, churn.commits, churn.authors,
      churn.testsTouched,
    ]
  }

  @Test("Lines are those of the two ends; commits, authors and tests are counted apart")
  func plain() async throws {
    try await sample.run(
      """
      seq 10 >a; commit one
      seq 5 15 >a; mkdir -p tests; echo x >tests/t; commit two Kim@example.com
      echo y >>tests/t; commit three kim@example.com; echo z >b; commit four
      """)
    let churn = try await churn("HEAD~3")
    #expect(short(churn) == [3, 8, 4, 3, 2, 1])
    #expect(churn.net == 4 && churn.gross == 12)
    #expect(churn.end == (try await sample.run("git rev-parse HEAD")))
    let back = try await self.churn("HEAD", "HEAD~3")
    #expect(short(back) == [3, 4, 8, 0, 0, 1])
  }

  @Test("What was renamed is one file; names may hold anything")
  func names() async throws {
    try await sample.run(
      """
      seq 50 >'old name'; seq 20 >plain; mkdir -p 'tests/a b'; commit one
      git mv 'old name' ./-new; git mv plain 'tests/a b/p'
      printf 'x\\n' >':weird'; printf 'y\\n' >"$(printf 'tab\\there\\nand "lines"')"
      printf 'ö\\n' >'grün.txt'; commit two
      """)
    let churn = try await churn("HEAD~")
    #expect(short(churn) == [5, 3, 0, 1, 1, 1])
    #expect(churn.renames == 2)
    // A rename into a folder of tests is a test touched, and out of it as well.
    #expect(try await self.churn("HEAD", "HEAD~").testsTouched == 1)
  }

  @Test("A binary file counts as a file without lines")
  func binary() async throws {
    try await sample.run(
      """
      printf 'a\\0b' >image; commit one; printf 'a\\0c' >image; echo 1 >text; commit two
      """)
    let churn = try await churn("HEAD~")
    #expect(short(churn) == [2, 1, 0, 1, 1, 0])
    #expect(churn.binaryFiles == 1)
  }

  @Test("A submodule that moved counts as git counts it, whatever .gitmodules says")
  func submodule() async throws {
    try await sample.run(
      """
      git init -q ../module; git -C ../module commit -q --allow-empty -m a
      git -c protocol.file.allow=always submodule --quiet add ../module vendor
      git config -f .gitmodules submodule.vendor.ignore all; commit one
      git -C vendor commit -q --allow-empty -m b; git add -f vendor; git commit -q -m two
      """)
    let churn = try await churn("HEAD~")
    #expect(churn.submodules == 1)
    #expect(short(churn) == [1, 1, 1, 1, 1, 0])
  }

  @Test("Paths are taken from the workspace on, dashes and blanks in them as they are")
  func paths() async throws {
    try await sample.run(
      """
      mkdir -p sub/dir; echo 1 >sub/in; echo 1 >out; echo 1 >./--stat; echo 1 >'sub/two words'
      commit one
      for file in sub/in out ./--stat 'sub/two words'; do seq 3 >"$file"; done; commit two
      seq 9 >out; commit three other@example.com
      """)
    let all = try await churn("HEAD~2", at: sample.root.appending("sub/dir"))
    #expect(short(all) == [4, 14, 0, 2, 2, 0])
    for (paths, expected) in [
      (["--stat"], [1, 2, 0, 1, 1, 0]), (["out", "sub/in"], [2, 10, 0, 2, 2, 0]),
      (["sub/two words"], [1, 2, 0, 1, 1, 0]), (["nowhere"], [0, 0, 0, 0, 0, 0]),
      ([":(exclude)sub", "."], [2, 10, 0, 2, 2, 0]),
    ] {
      #expect(short(try await churn("HEAD~2", paths: paths)) == expected, "\(paths)")
    }
    let below = try await churn("HEAD~2", paths: ["in"], at: sample.root.appending("sub"))
    #expect(short(below) == [1, 2, 0, 1, 1, 0])
    for path in ["../../outside", "", ":(nonsense)x"] {
      let failed = await failure { _ = try await churn("HEAD~2", paths: [path]) }
      #expect(failed?.0 == .usage, "\(path): \(String(describing: failed))")
    }
  }

  @Test("Names like flags are no flags, and what is no commit is refused")
  func strangeNames() async throws {
    try await sample.run(
      "echo 1 >a; commit one; echo 2 >a; commit two; git tag v1 HEAD~; git branch feature/x v1")
    let first = try await sample.run("git rev-parse HEAD~")
    let repository = try await repository()
    for name in ["v1", "feature/x", "HEAD~", String(first.prefix(9)), "HEAD^{/one}", "v1^{}"] {
      #expect(try await repository.commit(name) == first, "\(name)")
    }
    for name in ["--all", "-1", "", "^HEAD", "HEAD..HEAD", "HEAD --help", "HEAD:a", "deadbeef"] {
      let failed = await failure { _ = try await repository.commit(name) }
      #expect(failed?.0 == .badData, "\(name): \(String(describing: failed))")
      #expect(failed?.1 == "unable to resolve commit '\(name)' in \(sample.root)")
    }
    // A branch may have such a name.
    try await sample.run("git update-ref refs/heads/--all HEAD~")
    #expect(try await repository.commit("--all") == first)
  }

  @Test("The environment of a hook and the settings of a user change nothing")
  func neutral() async throws {
    try await sample.run(
      """
      seq 40 >a; echo 'a diff=own' >.gitattributes; mkdir -p sub; echo 1 >sub/x; commit one
      seq 30 >b; git rm -q a; seq 5 >sub/x; commit two
      git config diff.external 'echo no'; git config diff.own.textconv 'echo same'
      git config diff.own.command 'echo no'; git config diff.renames false
      git config diff.relative true; git config diff.noprefix true; git config color.ui always
      git config core.pager false; git config log.showSignature true
      git config core.fsmonitor 'echo fsmonitor >../fsmonitor'
      """)
    let other = try await GitSample()
    let plain = try await churn("HEAD~")
    #expect(short(plain) == [2, 4, 10, 1, 1, 0])
    let hook = [
      "GIT_DIR": other.root.appending(".git").string, "GIT_WORK_TREE": other.root.string,
      "GIT_INDEX_FILE": "/nowhere", "GIT_EXTERNAL_DIFF": "false", "GIT_PAGER": "false",
      "GIT_LITERAL_PATHSPECS": "1", "GIT_PREFIX": "sub/", "LC_ALL": "de_DE.UTF-8",
      "GIT_DIFF_OPTS": "-u0", "GIT_OBJECT_DIRECTORY": "/nowhere", "GIT_TRACE": "1",
    ]
    let folder = sample.root.appending("sub")
    #expect(try await churn("HEAD~", at: folder, with: hook) == plain)
    #expect(readText(sample.beside("fsmonitor")) == nil)
  }

  @Test("A linked work tree and a bare repository tell of the same commits")
  func workTrees() async throws {
    try await sample.run(
      """
      echo 1 >a; commit one; echo 2 >>a; commit two
      git worktree add -q '../linked tree' -b side HEAD~; git clone -q --bare . ../bare
      cd '../linked tree'; echo 3 >b; commit three
      """)
    #expect(try await churn("HEAD~").insertions == 1)
    let linked = try await churn("HEAD~", at: sample.beside("linked tree"))
    #expect(short(linked) == [1, 1, 0, 1, 1, 0])
    let bare = try await churn("main~", "main", at: sample.beside("bare"))
    #expect(short(bare) == [1, 1, 0, 1, 1, 0])
    // Across two branches it is the difference of the trees, and the commits of one side.
    #expect(short(try await churn("side", "main")) == [2, 1, 1, 1, 1, 0])
  }

  @Test("A shallow clone says what it lacks; what it has is told")
  func shallow() async throws {
    try await sample.run(
      """
      for i in 1 2 3 4; do echo $i >>a; commit $i; done
      git clone -q --depth 2 "file://$PWD" ../shallow
      """)
    let first = try await sample.run("git rev-parse HEAD~3")
    let shallow = sample.beside("shallow")
    #expect(short(try await churn("HEAD~", at: shallow)) == [1, 1, 0, 1, 1, 0])
    for name in ["HEAD~3", first] {
      let failed = await failure { _ = try await churn(name, at: shallow) }
      #expect(failed?.0 == .noInput)
      #expect(
        failed?.1 == "unable to resolve commit '\(name)' in \(shallow), a shallow clone; "
          + "'git fetch --unshallow' brings the commits it lacks")
    }
    // Both ends are there, and what lies between is not.
    try await sample.run("git -C ../shallow fetch -q --depth 1 origin \(first)")
    let failed = await failure { _ = try await churn(first, at: shallow) }
    #expect(failed?.0 == .noInput && failed?.1.contains("is not in") == true)
  }

  @Test("An empty repository, no repository and no git are told apart")
  func missing() async throws {
    let empty = await failure { _ = try await churn("HEAD") }
    #expect(empty?.0 == .noInput)
    #expect(
      empty?.1
        == "unable to resolve commit 'HEAD' in \(sample.root): the repository has no commit yet")
    let none = await failure { _ = try await churn("HEAD", at: sample.beside("")) }
    #expect(none?.0 == .noInput && none?.1.hasSuffix(": not inside a git repository") == true)
    let nowhere = await failure { _ = try await churn("HEAD", at: sample.beside("nowhere")) }
    #expect(nowhere?.0 == .noInput && nowhere?.1.hasSuffix(": no such folder") == true)
    let without = await failure { _ = try await churn("HEAD", with: ["PATH": "/nowhere"]) }
    #expect(without?.0 == .unavailable && without?.1 == "git is not on PATH")
    #expect(listFolder(sample.root.appending(".jobrunner")).isEmpty)
  }

  @Test("Two names of one commit are an empty range")
  func emptyRange() async throws {
    try await sample.run("echo 1 >a; commit one")
    let churn = try await churn("HEAD", "main")
    #expect(churn.isEmptyRange && short(churn) == [0, 0, 0, 0, 0, 0])
  }

  @Test("Authors are those of .mailmap; merges are commits")
  func history() async throws {
    try await sample.run(
      """
      echo 1 >a; commit zero; git checkout -q -b side
      echo 1 >b; commit one first@example.com; echo 2 >b; commit two second@example.com
      git checkout -q main; echo 3 >c; commit three third@example.com
      git merge -q --no-ff -m merge side
      printf 'Dev <first@example.com> <second@example.com>\\n' >.mailmap
      """)
    let churn = try await churn("HEAD~2")
    #expect(short(churn) == [2, 2, 0, 4, 3, 0])
  }
}
