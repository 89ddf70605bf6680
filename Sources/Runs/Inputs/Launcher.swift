/// Which part of a job a process is, as its launcher says in the environment.
package enum Launcher {
  /// Who says which part a process is.
  package enum Source: Sendable, Equatable {
    /// Whoever asked for the run.
    case caller
    /// A launcher by its name, or the environment's own variable.
    case launcher(String)
  }

  /// A launcher's answer: its name, the variables it is read from, and the shard.
  private struct Answer {
    var name: String
    var shard: Shard
  }

  /// The shard that the environment names.
  ///
  /// - Throws: `RunError` where it names none, or two that disagree.
  static func shard(in environment: [String: String]) throws -> (shard: Shard, source: Source) {
    let answers = try all(environment)
    // Launched as one task inside something larger, a process is a part of that.
    let parts = answers.contains { $0.shard.count > 1 } ? answers.filter { $0.shard.count > 1 } : answers
    guard let first = parts.first else { throw RunError.noLauncher }
    if let other = parts.first(where: { $0.shard != first.shard }) {
      throw RunError.launchersDisagree(first.name, first.shard, other.name, other.shard)
    }
    return (first.shard, .launcher(first.name))
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
        throw RunError.noShard(launcher: name, index: index, count: count)
      }
      answers.append(Answer(name: name, shard: Shard(index: index, count: count)))
    }
    if let text = environment["EVIDENCE_SHARD"] {
      guard let shard = Shard(text) else {
        throw RunError.invalidShardVariable(text)
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
      throw RunError.arrayWithHoles(launcher: name, task: task, first: first, last: last)
    }
    try add(name, (task - first) / step, regular)
  }
}
