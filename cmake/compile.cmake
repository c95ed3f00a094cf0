# How everything is compiled: language versions, warnings, sanitizers. No targets here.
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_CXX_STANDARD 17) # Debian's SystemC links with no other
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

add_library(iommusim_flags INTERFACE)
target_include_directories(iommusim_flags INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_definitions(iommusim_flags INTERFACE _GNU_SOURCE _FILE_OFFSET_BITS=64)
# Paths of the build machine stay out of the binaries: the same bytes wherever they are built.
target_compile_options(iommusim_flags INTERFACE -ffile-prefix-map=${PROJECT_SOURCE_DIR}/=)
target_compile_options(iommusim_flags INTERFACE
  -Wall -Wextra -Wpedantic
  # C++ is tests and SystemC: GoogleTest's macros shadow, and tests hand over literals of any width.
  "$<$<COMPILE_LANGUAGE:C>:-Wshadow;-Wconversion;-Wvla;-Wcast-qual;-Wswitch-enum>"
  "$<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes;-Wmissing-prototypes>"
  $<$<BOOL:${IOMMUSIM_WERROR}>:-Werror>)

if(IOMMUSIM_ASAN)
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_compile_options($<$<COMPILE_LANGUAGE:C>:-O1>) # ours runs fast; tests compile fast
  add_link_options(-fsanitize=address,undefined)
endif()
if(IOMMUSIM_COVERAGE)
  add_compile_options(--coverage)
  add_link_options(--coverage)
endif()
if(IOMMUSIM_TIDY)
  # The project's headers, whatever the folder above it is called.
  string(REGEX REPLACE "([][+.*()^$?|{}\\\\])" "\\\\\\1" project_regex "${PROJECT_SOURCE_DIR}")
  set(CMAKE_C_CLANG_TIDY clang-tidy --quiet "--header-filter=^${project_regex}/")
endif()

# iommusim_library(NAME SOURCES...): a C library of the house, with the house's flags.
function(iommusim_library name)
  add_library(${name} STATIC ${ARGN})
  target_link_libraries(${name} PRIVATE iommusim_flags)
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
  set_property(GLOBAL APPEND PROPERTY IOMMUSIM_LIBRARIES ${name})
endfunction()
