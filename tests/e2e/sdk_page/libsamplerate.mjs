// The package's UMD bundle as the module that the SDK imports.
export const { create, ConverterType } = globalThis.LibSampleRate;
