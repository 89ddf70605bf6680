import ArgumentParser
import Evidence

/// `--shard I/N`, or `auto`: which of N contiguous parts of the examples this process evaluates.
enum ShardChoice: ExpressibleByArgument, Equatable {
  case given(Shard)
  case auto

  init?(argument: String) {
    if argument == "auto" {
      self = .auto
    } else {
      guard let shard = Shard(argument) else { return nil }
      self = .given(shard)
    }
  }

  /// The shard, and where its numbers are from.
  func resolved(in environment: [String: String]) throws -> (shard: Shard, source: String) {
    switch self {
    case .given(let shard): (shard, "--shard")
    case .auto: try Launcher.shard(in: environment)
    }
  }
}

/// One of `count` contiguous parts, numbered from 0.
struct Shard: Equatable {
  var index: Int
  var count: Int

  init(index: Int, count: Int) {
    self.index = index
    self.count = count
  }

  /// `I/N`, I below N.
  init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 2, let index = parts[0], let count = parts[1], 0 <= index, index < count else { return nil }
    self.init(index: index, count: count)
  }

  /// The part of a range. Parts differ by one example at most.
  func part(of range: Range<Int>) throws -> Range<Int> {
    func bound(_ index: Int) -> Int {
      // Without a product that could overflow.
      let (whole, rest) = range.count.quotientAndRemainder(dividingBy: count)
      return range.lowerBound + whole * index + min(index, rest)
    }
    let part = bound(index)..<bound(index + 1)
    guard !part.isEmpty else {
      throw CommandError(
        .usage,
        "--shard \(index)/\(count): there are only \(range.count) examples, so this shard has none; take fewer shards")
    }
    return part
  }

  /// The name of a shard's results: that of all, with the range before the ending.
  static func path(_ path: String, range: Range<Int>, of count: Int) -> String {
    let base = path.hasSuffix(".h5") ? String(path.dropLast(3)) : path
    func padded(_ number: Int) -> String {
      String(repeating: "0", count: max(0, String(count).count - String(number).count)) + String(number)
    }
    return "\(base)-\(padded(range.lowerBound))-\(padded(range.upperBound)).h5"
  }
}

/// Which part of a job a process is, as its launcher says in the environment.
enum Launcher {
  /// A launcher's answer: its name, the variables it is read from, and the shard.
  private struct Answer {
    var name: String
    var shard: Shard
  }

  /// The shard that the environment names.
  ///
  /// - Throws: `CommandError` where it names none, or two that disagree.
  static func shard(in environment: [String: String]) throws -> (shard: Shard, source: String) {
    let answers = try all(environment)
    // Launched as one task inside something larger, a process is a part of that.
    let parts = answers.contains { $0.shard.count > 1 } ? answers.filter { $0.shard.count > 1 } : answers
    guard let first = parts.first else {
      throw CommandError(
        .usage,
        "--shard auto: no launcher has said which part this process is (EVIDENCE_SHARD=I/N, mpirun, srun, a job array)\n"
          + "say it: --shard I/N")
    }
    if let other = parts.first(where: { $0.shard != first.shard }) {
      throw CommandError(
        .usage,
        "--shard auto: \(first.name) says \(first.shard.index)/\(first.shard.count), "
          + "\(other.name) says \(other.shard.index)/\(other.shard.count)\nsay which: --shard I/N")
    }
    return (first.shard, first.name)
  }

  /// Pairs of variables that hold the rank and the number of ranks.
  private static let ranks = [
    ("Open MPI", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"), ("PMI", "PMI_RANK", "PMI_SIZE"),
    ("MVAPICH", "MV2_COMM_WORLD_RANK", "MV2_COMM_WORLD_SIZE"), ("Flux", "FLUX_TASK_RANK", "FLUX_JOB_SIZE"),
    ("JSM", "JSM_NAMESPACE_RANK", "JSM_NAMESPACE_SIZE"),
  ]

  private static func all(_ environment: [String: String]) throws -> [Answer] {
    func number(_ name: String) -> Int? { environment[name].flatMap { Int($0) } }
    var answers: [Answer] = []
    func add(_ name: String, _ index: Int?, _ count: Int?) throws {
      guard let index, let count else { return }
      guard 0 <= index, index < count else {
        throw CommandError(.usage, "--shard auto: \(name) says \(index) of \(count), which is no part")
      }
      answers.append(Answer(name: name, shard: Shard(index: index, count: count)))
    }
    if let text = environment["EVIDENCE_SHARD"] {
      guard let shard = Shard(text) else {
        throw CommandError(.usage, "EVIDENCE_SHARD: expected I/N with I from 0 to N − 1, found \(text)")
      }
      answers.append(Answer(name: "EVIDENCE_SHARD", shard: shard))
    }
    for (name, rank, size) in ranks { try add("\(name) (\(rank))", number(rank), number(size)) }
    // In a batch script, outside of any step, Slurm sets SLURM_PROCID = 0, which says nothing; steps of its own (batch,
    // interactive, extern) have numbers from 2³² − 16 on.
    if let step = number("SLURM_STEP_ID") ?? number("SLURM_STEPID"), step < 0xFFFF_FFF0 {
      let count = number("SLURM_STEP_NUM_TASKS") ?? number("SLURM_NTASKS")
      try add("a Slurm step (SLURM_PROCID)", number("SLURM_PROCID"), count)
    }
    try addArray(
      "a Slurm array (SLURM_ARRAY_TASK_ID)", number("SLURM_ARRAY_TASK_ID"), number("SLURM_ARRAY_TASK_MIN"),
      number("SLURM_ARRAY_TASK_MAX"), number("SLURM_ARRAY_TASK_STEP"), number("SLURM_ARRAY_TASK_COUNT"), add)
    try addArray(
      "an SGE array (SGE_TASK_ID)", number("SGE_TASK_ID"), number("SGE_TASK_FIRST"), number("SGE_TASK_LAST"),
      number("SGE_TASK_STEPSIZE"), nil, add)
    if let index = number("LSB_JOBINDEX"), index > 0 {
      try addArray(
        "an LSF array (LSB_JOBINDEX)", index, 1, number("LSB_JOBINDEX_END"), number("LSB_JOBINDEX_STEP"), nil, add)
    }
    return answers
  }

  /// A task of an array that runs from `first` to `last` in steps.
  private static func addArray(
    _ name: String, _ task: Int?, _ first: Int?, _ last: Int?, _ step: Int?, _ count: Int?,
    _ add: (String, Int?, Int?) throws -> Void
  ) throws {
    guard let task, let first, let last else { return }
    let step = max(1, step ?? 1)
    let regular = (last - first) / step + 1
    guard (task - first).isMultiple(of: step), count ?? regular == regular else {
      throw CommandError(
        .usage,
        "--shard auto: \(name) is \(task) of an array \(first)…\(last) with holes, so its place is not known\n"
          + "say it: --shard I/N")
    }
    try add(name, (task - first) / step, regular)
  }
}
