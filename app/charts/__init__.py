"""Charts: frames in, Altair charts out.

Channels are written as classes (`alt.X2("high:Q")`, not `x2="high:Q"`): for a bare text Altair goes through
all of its classes, which costs some milliseconds each time. Sizes are given where a chart is made, because
`properties` copies it whole.
"""

from altair.utils.schemapi import disable_debug_mode

# Altair would check each part of a chart against its schema when it is made, and again within each whole that
# it joins. The whole chart is checked all the same, once, when it is drawn.
disable_debug_mode()
