import CKernels
import Models

/// Random numbers that are pure functions of what they are for, by Philox4x32-10.
///
/// Streams 1 … 239 belong to the layers of latents (a plan refuses more layers); the rest to the purposes below.
public enum RandomNumbers {
  /// Draws of one example beyond which they would repeat: a draw's number is one word of the counter.
  public static let largestDrawCount = 1 << 32

  /// What a stream is for.
  public enum Purpose: UInt32, Sendable {
    /// Binarizing grey values.
    case binarization = 240
    /// Noise added to stored integers.
    case dequantization = 241
    /// Draws from the posteriors that mutual information is estimated at.
    case probes = 242
    /// Where the search for modes starts; a start's number in place of the draw's.
    case modeStarts = 243
    /// Normals of a Laplace proposal's draws.
    case laplaceNormals = 244
    /// What makes these normals Student's.
    case laplaceScales = 245
    /// Where chains start; a chain's number in place of the draw's.
    case chainStarts = 246
    /// Momenta of a chain's moves; (move, chain) in place of the draw.
    case chainMomenta = 247
    /// Accepting a move, and the length of its step; (move, chain) in place of the draw.
    case chainDecisions = 248
    /// What a hop of the search for a posterior's modes changes.
    case modeHops = 249
    /// Draws of a pilot run, which decides and is not reported.
    /// Where the latents that an example was made with take the place of a draw.
    case planting = 252
    /// Variables simulated from the model: normal numbers, and uniform ones.
    case simulatedNormals = 250
    case simulatedUniforms = 251
    /// Weights before training; a tensor's number in place of the example's.
    case initialization = 253
    /// The order in which an epoch takes the examples; the epoch in place of the example.
    case shuffling = 254
  }

  /// One standard normal for each unit of a layer; a layer is what a draw is elsewhere.
  public static func normals(seed: UInt64, example: UInt64, purpose: Purpose, layer: Int, count: Int) -> [Float] {
    let lanes = paddedLanes(1)
    let buffer = AlignedBuffer(count: count * lanes)
    InstructionSet.best.kernels.normals(
      seed, example, UInt32(truncatingIfNeeded: layer), purpose.rawValue, count, lanes, buffer.pointer)
    return (0..<count).map { buffer.pointer[$0 * lanes] }
  }

  /// One uniform in (0, 1) for each element of an example.
  public static func uniforms(seed: UInt64, example: UInt64, purpose: Purpose, count: Int) -> [Float] {
    // Four rows come out of one call of Philox: element e is row e % 4 of draw e / 4.
    let lanes = paddedLanes((count + 3) / 4)
    let buffer = AlignedBuffer(count: 4 * lanes)
    InstructionSet.best.kernels.uniforms(seed, example, 0, purpose.rawValue, 4, lanes, buffer.pointer)
    return (0..<count).map { buffer.pointer[$0 % 4 * lanes + $0 / 4] }
  }
}
