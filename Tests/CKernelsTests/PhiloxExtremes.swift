// Made by Reference/generate_tables.py; do not edit.

/// Where the first two random words are extreme, in the first rows.
enum PhiloxExtremes {
  static let largest = (
    seed: 4 as UInt64, example: 508205134153258602 as UInt64, draw: 3566303863 as UInt32, stream: 3 as UInt32
  )
  static let smallest = (
    seed: 2 as UInt64, example: 278491108805818607 as UInt64, draw: 1163275048 as UInt32, stream: 72 as UInt32
  )
  static let largestSine = (
    seed: 2 as UInt64, example: 5212843662722986847 as UInt64, draw: 3695602829 as UInt32, stream: 90 as UInt32
  )
}
