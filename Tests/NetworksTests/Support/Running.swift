import Models
import Testing

@testable import Networks

/// Compiles a stack and runs it on examples of the given shape, each in a lane of its own.
func run(
  _ stack: Stack, on examples: [[Float]], shape: [Int], format: DataFormat = .channelsLast,
  _ instructions: InstructionSet = .best
) throws -> (shape: [Int], outputs: [[Float]]) {
  let program = try compile(stack, shape: shape, format: format)
  let lanes = paddedLanes(examples.count)
  var arena = Arena(capacity: (program.inputRows + program.ownedRows + program.scratchRows) * lanes)
  let input = arena.take(rows: program.inputRows, lanes: lanes)
  for row in 0..<input.rows {
    for lane in 0..<lanes { input.data[row * lanes + lane] = lane < examples.count ? examples[lane][row] : 0 }
  }
  let before = (0..<input.rows * lanes).map { input.data[$0] }
  let output = program.run(input, arena: &arena, instructions.kernels)
  #expect((0..<input.rows * lanes).allSatisfy { input.data[$0] == before[$0] }, "a program leaves its input as it was")
  return (
    program.shape, examples.indices.map { lane in (0..<output.rows).map { output.data[$0 * lanes + lane] } }
  )
}

/// A stack's program.
func compile(_ stack: Stack, shape: [Int], format: DataFormat = .channelsLast) throws -> Program {
  var planner = Planner(dataFormat: format)
  guard let plan = planner.plan(stack, input: shape, path: "/stack") else {
    throw InvalidModel(problems: planner.problems)
  }
  return Compiler(dataFormat: format).compile(plan)
}

/// The problems of a stack.
func problems(_ stack: Stack, shape: [Int], format: DataFormat = .channelsLast) -> [String] {
  var planner = Planner(dataFormat: format)
  let plan = planner.plan(stack, input: shape, path: "/stack")
  #expect((plan == nil) == !planner.problems.isEmpty, "no plan means a problem")
  return planner.problems.map(\.description)
}

/// Whether two results agree to `tolerance` times the largest of them: the rounding of a sum grows with its terms.
func expectClose(
  _ found: [Float], _ expected: [Double], _ tolerance: Double = 1e-5, _ comment: Comment? = nil,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  guard found.count == expected.count else {
    Issue.record("\(found.count) elements, not \(expected.count)", sourceLocation: sourceLocation)
    return
  }
  let size = max(1, expected.map(\.magnitude).max() ?? 1)
  let difference = zip(found, expected).map { abs(Double($0) - $1) }.max() ?? 0
  #expect(difference <= tolerance * size, comment, sourceLocation: sourceLocation)
}
