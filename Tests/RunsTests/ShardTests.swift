import Testing

@testable import Runs

@Suite struct ShardTests {
  @Test func partsCoverTheRangeInOrder() throws {
    for (range, count) in [(0..<10, 3), (5..<6, 1), (100..<1000, 7), (0..<8, 8)] {
      let parts = try (0..<count).map { try Shard(index: $0, count: count).part(of: range) }
      #expect(parts.first?.lowerBound == range.lowerBound && parts.last?.upperBound == range.upperBound)
      for (one, next) in zip(parts, parts.dropFirst()) { #expect(one.upperBound == next.lowerBound) }
      let sizes = parts.map(\.count)
      #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= 1)
    }
    #expect(throws: RunError.self) { try Shard(index: 3, count: 9).part(of: 0..<3) }
  }

  @Test func onlyPartsOfWholesAreShards() {
    #expect(Shard("0/1") == Shard(index: 0, count: 1) && Shard("7/8") == Shard(index: 7, count: 8))
    for text in ["8/8", "-1/2", "1", "1/", "/2", "1/2/3", "a/b", ""] { #expect(Shard(text) == nil) }
    #expect(ShardChoice("auto") == .auto && ShardChoice("automatic") == nil)
  }

  @Test func namesCarryTheRange() {
    #expect(Shard.path("out/part", range: 0..<125, of: 1000) == "out/part-0000-0125.h5")
    #expect(Shard.path("part.h5", range: 875..<1000, of: 1000) == "part-0875-1000.h5")
  }

  @Test(arguments: [
    (["EVIDENCE_SHARD": "3/4"], "3/4"),
    (["OMPI_COMM_WORLD_RANK": "1", "OMPI_COMM_WORLD_SIZE": "4"], "1/4"),
    (["PMI_RANK": "2", "PMI_SIZE": "3"], "2/3"),
    (["MV2_COMM_WORLD_RANK": "0", "MV2_COMM_WORLD_SIZE": "2"], "0/2"),
    (["FLUX_TASK_RANK": "5", "FLUX_JOB_SIZE": "6"], "5/6"),
    (["JSM_NAMESPACE_RANK": "1", "JSM_NAMESPACE_SIZE": "2"], "1/2"),
    (["SLURM_STEP_ID": "0", "SLURM_PROCID": "3", "SLURM_STEP_NUM_TASKS": "4", "SLURM_NTASKS": "8"], "3/4"),
    (
      [
        "SLURM_ARRAY_TASK_ID": "5", "SLURM_ARRAY_TASK_MIN": "1", "SLURM_ARRAY_TASK_MAX": "7",
        "SLURM_ARRAY_TASK_STEP": "2", "SLURM_ARRAY_TASK_COUNT": "4", "SLURM_PROCID": "0", "SLURM_NTASKS": "1",
      ], "2/4"
    ),
    (["SGE_TASK_ID": "3", "SGE_TASK_FIRST": "1", "SGE_TASK_LAST": "8", "SGE_TASK_STEPSIZE": "1"], "2/8"),
    (["LSB_JOBINDEX": "4", "LSB_JOBINDEX_END": "8", "LSB_JOBINDEX_STEP": "1"], "3/8"),
    // One task of a step inside an array, and two launchers that agree.
    (
      [
        "SLURM_STEP_ID": "0", "SLURM_PROCID": "0", "SLURM_STEP_NUM_TASKS": "1", "SLURM_ARRAY_TASK_ID": "1",
        "SLURM_ARRAY_TASK_MIN": "0", "SLURM_ARRAY_TASK_MAX": "3", "SLURM_ARRAY_TASK_COUNT": "4",
      ], "1/4"
    ),
    (
      [
        "PMI_RANK": "1", "PMI_SIZE": "2", "SLURM_STEP_ID": "0", "SLURM_PROCID": "1", "SLURM_STEP_NUM_TASKS": "2",
      ], "1/2"
    ),
  ])
  func launchersSayWhichPartThisIs(_ environment: [String: String], _ expected: String) throws {
    #expect(try Launcher.shard(in: environment).shard == Shard(expected))
  }

  @Test(arguments: [
    [:],
    // A batch script outside of any step.
    ["SLURM_PROCID": "0", "SLURM_NTASKS": "8", "SLURM_JOB_ID": "7"],
    ["SLURM_STEP_ID": "4294967291", "SLURM_PROCID": "0", "SLURM_NTASKS": "8"],
    // Two that disagree.
    ["EVIDENCE_SHARD": "0/2", "PMI_RANK": "1", "PMI_SIZE": "2"],
    ["EVIDENCE_SHARD": "2/2"],
    ["OMPI_COMM_WORLD_RANK": "4", "OMPI_COMM_WORLD_SIZE": "4"],
    // An array with holes.
    [
      "SLURM_ARRAY_TASK_ID": "7", "SLURM_ARRAY_TASK_MIN": "1", "SLURM_ARRAY_TASK_MAX": "7",
      "SLURM_ARRAY_TASK_STEP": "1",
      "SLURM_ARRAY_TASK_COUNT": "3",
    ],
    ["SGE_TASK_ID": "undefined"],
  ])
  func doubtIsRefused(_ environment: [String: String]) {
    #expect(throws: RunError.self) { try Launcher.shard(in: environment) }
  }

  @Test func threadsFollowWhatTheProcessMayUse() {
    #expect(Processors.count(affinity: 8, quota: nil, environment: [:]) == 8)
    #expect(Processors.count(affinity: 8, quota: 2.5, environment: [:]) == 3)
    #expect(Processors.count(affinity: 8, quota: nil, environment: ["SLURM_CPUS_PER_TASK": "4"]) == 4)
    #expect(Processors.count(affinity: 2, quota: 0.1, environment: ["SLURM_CPUS_PER_TASK": "0"]) == 1)
    #expect(Processors.parse("250000 100000\n") == 2.5 && Processors.parse("max 100000\n") == nil)
  }
}
