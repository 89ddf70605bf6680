import Foundation
import Synchronization

/// The command in a process of its own, so that a file that crashes libhdf5 ends that process and nothing else.
///
/// The supervisor runs the same executable with the same arguments and the same standard streams, and ends as it does. The
/// child knows itself by an environment variable that holds the supervisor's process id and the end of a pipe that closes
/// with it. (docs/decisions/isolation.md)
enum Isolation {
  /// `PID:DESCRIPTOR` of the supervisor.
  static let variable = "EVIDENCE_SUPERVISOR"

  /// Data (heap and stacks) that a child may have before it evaluates: some, and more for large files.
  static func readingMemoryLimit(bytes: UInt64) -> UInt64 { 2 << 30 + 4 * bytes }

  /// The same while it evaluates, with threads and their scratch.
  static func memoryLimit(bytes: UInt64) -> UInt64 { 8 << 30 + 4 * bytes }

  /// Processor seconds that a child may take before it evaluates: some, and more for large files.
  static func timeLimit(bytes: UInt64) -> UInt64 { 3 + bytes / 10_000_000 }

  /// How a child ended.
  enum End: Equatable {
    case exit(Int32)
    case signal(Int32)
  }

  /// Runs a command where it belongs: here, or in a child that this process supervises until it ends with its status.
  static func run(_ command: any IsolatedCommand, _ body: () throws -> Void) throws {
    if let supervisor = supervisor() {
      limitReading(of: command.untrustedFiles)
      Watch.shared.start(supervisor: supervisor)
      return try body()
    }
    guard command.isolation.isolate else { return try body() }
    let end = try supervise()
    if case .exit(0) = end { return }
    Console.shared.abandonProgress()
    let (status, lines) = verdict(end, files: command.untrustedFiles)
    Console.shared.error(lines)
    Foundation.exit(status)
  }

  /// The status to end with, and what to say besides what the child has said itself.
  static func verdict(_ end: End, files: [String]) -> (status: Int32, lines: [String]) {
    let number: Int32
    switch end {
    case .exit(let status): return (status, [])
    case .signal(let signal): number = signal
    }
    let names = files.joined(separator: ", ")
    let signal = name(ofSignal: number)
    switch number {
    case SIGSEGV, SIGBUS, SIGABRT, SIGFPE:
      let (which, place) =
        files.count == 1
        ? ("this file was read: it is", "it was read in a process of its own")
        : ("these files were read: one of them is", "they were read in a process of their own")
      return (
        CommandStatus.invalidInput.rawValue,
        [
          "\(names): libhdf5 crashed (\(signal)) while \(which) damaged or hostile",
          "\(place), so nothing else was harmed; get a new copy from where it came from",
        ]
      )
    case SIGXCPU:
      return (
        CommandStatus.invalidInput.rawValue,
        [
          "\(names): reading went on for seconds of processor time without an end: "
            + (files.count == 1 ? "the file is" : "one of the files is") + " damaged or hostile",
          "libhdf5 goes in circles on some such files; get a new copy from where it came from",
        ]
      )
    case SIGILL, SIGTRAP:
      return (
        CommandStatus.fault.rawValue,
        [
          "\(names): the process that read this stopped (\(signal)): a fault of the program",
          "nothing else was harmed; please report it",
        ]
      )
    case SIGINT, SIGTERM, SIGHUP, SIGPIPE: return (128 + number, [])
    default:
      return (128 + number, ["\(names): the process that read this was ended from outside (\(signal))"])
    }
  }

  private static func name(ofSignal number: Int32) -> String {
    let names = [
      SIGSEGV: "SIGSEGV", SIGBUS: "SIGBUS", SIGABRT: "SIGABRT", SIGFPE: "SIGFPE", SIGILL: "SIGILL", SIGTRAP: "SIGTRAP",
      SIGKILL: "SIGKILL", SIGXCPU: "SIGXCPU",
    ]
    return names[number] ?? "signal \(number)"
  }
}

// MARK: - The supervisor

extension Isolation {
  /// Starts the child and waits for it, passing on what is sent to this process alone.
  private static func supervise() throws -> End {
    // Blocked signals are kept until `sigwaitinfo` asks for them. There is one thread as yet.
    var awaited = sigset_t()
    sigemptyset(&awaited)
    for number in [SIGCHLD, SIGINT, SIGTERM, SIGHUP, SIGQUIT] { sigaddset(&awaited, number) }
    signal(SIGCHLD, SIG_DFL)
    sigprocmask(SIG_BLOCK, &awaited, nil)
    let child = try spawn()
    while true {
      var information = siginfo_t()
      let number = sigwaitinfo(&awaited, &information)
      if number == SIGCHLD || number < 0 {
        var status: Int32 = 0
        let ended = waitpid(child, &status, WNOHANG)
        if ended == child { return end(ofStatus: status) }
        if ended < 0 && errno != EINTR { return .exit(CommandStatus.fault.rawValue) }
      } else if information.si_code <= 0 {
        // Sent by a process to this one. What the terminal sends (a positive code), it sends to the child too.
        kill(child, number)
      }
    }
  }

  /// `wait`'s status, of a process that has ended.
  private static func end(ofStatus status: Int32) -> End {
    let number = status & 0x7F
    return number == 0 ? .exit((status >> 8) & 0xFF) : .signal(number)
  }

  private static func spawn() throws -> pid_t {
    func failure(_ code: Int32) -> CommandError {
      CommandError(
        .fault,
        "a process to read the files in can't be started: \(String(cString: strerror(code))); --no-isolate reads them here"
      )
    }
    var pipe: [Int32] = [-1, -1]
    guard Foundation.pipe(&pipe) == 0 else { throw failure(errno) }
    defer { close(pipe[0]) }
    // The end that stays open until this process is gone must not be open in the child as well.
    for descriptor in pipe { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    var actions = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    // Onto itself: what that does is to keep it open.
    posix_spawn_file_actions_adddup2(&actions, pipe[0], pipe[0])
    // Nothing is blocked in the child, whatever this process was started with.
    var mask = sigset_t()
    sigemptyset(&mask)
    posix_spawnattr_setsigmask(&attributes, &mask)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))

    var environment = ProcessInfo.processInfo.environment
    environment[variable] = "\(getpid()):\(pipe[0])"
    // A crash is reported here, in two lines.
    environment["SWIFT_BACKTRACE"] = "enable=no"
    let words = CommandLine.arguments.map { strdup($0) }
    let settings = environment.map { strdup("\($0.key)=\($0.value)") }
    defer { (words + settings).forEach { free($0) } }
    var child: pid_t = 0
    let executable = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let code = posix_spawn(
      &child, executable ?? Bundle.main.executablePath ?? CommandLine.arguments[0], &actions, &attributes,
      words + [nil],
      settings + [nil])
    guard code == 0 else { throw failure(code) }
    return child
  }
}

// MARK: - The child

extension Isolation {
  /// The supervisor, where this process is its child.
  private static func supervisor() -> Supervisor? {
    let parts = ProcessInfo.processInfo.environment[variable]?.split(separator: ":").map { Int32($0) }
    guard let parts, parts.count == 2, let process = parts[0], let descriptor = parts[1] else { return nil }
    let supervisor = Supervisor(process: process, pipe: descriptor)
    guard process == getppid() || isGone(supervisor) else { return nil }
    unsetenv(variable)
    return supervisor
  }

  /// Whether a supervisor ended while its child started, and so is no longer the parent: the pipe is one, and its other end
  /// or the process is gone.
  private static func isGone(_ supervisor: Supervisor) -> Bool {
    var status = stat()
    guard fstat(supervisor.pipe, &status) == 0, status.st_mode & S_IFMT == S_IFIFO else { return false }
    var end = pollfd(fd: supervisor.pipe, events: Int16(POLLIN), revents: 0)
    let isClosed = poll(&end, 1, 0) == 1 && end.revents & Int16(POLLHUP) != 0
    return isClosed || kill(supervisor.process, 0) != 0 || isZombie(supervisor.process)
  }

  /// Whether a process has ended, and its parent has not asked how: signals still find it.
  private static func isZombie(_ process: pid_t) -> Bool {
    let stat = FileManager.default.contents(atPath: "/proc/\(process)/stat").map { String(decoding: $0, as: UTF8.self) }
    // Behind the name, which may hold anything, brackets too.
    return stat?.split(separator: ")").last?.split(separator: " ").first == "Z"
  }

  private static func bytes(of files: [String]) -> UInt64 {
    files.reduce(0) { sum, file in
      let size = (try? FileManager.default.attributesOfItem(atPath: file)[.size] as? UInt64) ?? 0
      return sum + min(size, 1 << 50)
    }
  }

  /// The limits of memory and of processor time once the files are open.
  private static let limitsBehind = Mutex<(memory: rlimit?, time: rlimit?)>((nil, nil))

  /// A shape that multiplies to terabytes, or references to one string without end, are refused memory. A file that
  /// libhdf5 goes in circles on ends the child by SIGXCPU.
  private static func limitReading(of files: [String]) {
    let bytes = bytes(of: files)
    // Sanitizers hold terabytes of address space from the start.
    if dataSize() < readingMemoryLimit(bytes: 0) / 2 {
      let memory = lower(RLIMIT_DATA, to: memoryLimit(bytes: bytes))
      lower(RLIMIT_DATA, to: readingMemoryLimit(bytes: bytes))
      limitsBehind.withLock { $0.memory = memory }
    }
    var before = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_CPU.rawValue), &before)
    limitsBehind.withLock { [before] in $0.time = before }
    lower(RLIMIT_CPU, to: timeLimit(bytes: bytes))
  }

  /// Takes the limits of reading back: the files are open, and evaluating takes as long as it takes.
  static func liftReadingLimits() {
    limitsBehind.withLock { behind in
      if var limit = behind.memory { setrlimit(__rlimit_resource_t(RLIMIT_DATA.rawValue), &limit) }
      if var limit = behind.time { setrlimit(__rlimit_resource_t(RLIMIT_CPU.rawValue), &limit) }
      behind = (nil, nil)
    }
  }

  /// Lowers a limit unless it is lower already; returns what holds then.
  @discardableResult
  private static func lower(_ resource: __rlimit_resource, to value: UInt64) -> rlimit {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(resource.rawValue), &limit)
    if limit.rlim_cur > value {
      limit.rlim_cur = rlim_t(value)
      setrlimit(__rlimit_resource_t(resource.rawValue), &limit)
    }
    return limit
  }

  /// Bytes of data and stacks now.
  private static func dataSize() -> UInt64 {
    let pages = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ") ?? []
    return (pages.count > 5 ? UInt64(pages[5]) ?? 0 : 0) * UInt64(sysconf(Int32(_SC_PAGESIZE)))
  }
}
