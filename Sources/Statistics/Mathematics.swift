// The four functions of the C library that this module needs, from whatever that is called here.
#if canImport(Glibc)
  import Glibc

  @inline(__always) func exp(_ x: Double) -> Double { Glibc.exp(x) }
  @inline(__always) func log(_ x: Double) -> Double { Glibc.log(x) }
  @inline(__always) func log10(_ x: Double) -> Double { Glibc.log10(x) }
  @inline(__always) func log1p(_ x: Double) -> Double { Glibc.log1p(x) }
#elseif canImport(Musl)
  import Musl

  @inline(__always) func exp(_ x: Double) -> Double { Musl.exp(x) }
  @inline(__always) func log(_ x: Double) -> Double { Musl.log(x) }
  @inline(__always) func log10(_ x: Double) -> Double { Musl.log10(x) }
  @inline(__always) func log1p(_ x: Double) -> Double { Musl.log1p(x) }
#else
  import Darwin

  @inline(__always) func exp(_ x: Double) -> Double { Darwin.exp(x) }
  @inline(__always) func log(_ x: Double) -> Double { Darwin.log(x) }
  @inline(__always) func log10(_ x: Double) -> Double { Darwin.log10(x) }
  @inline(__always) func log1p(_ x: Double) -> Double { Darwin.log1p(x) }
#endif
