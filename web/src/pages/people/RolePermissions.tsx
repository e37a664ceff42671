import { Card, CardBody, CardTitle, Checkbox, FormSelect, FormSelectOption } from '@patternfly/react-core'
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table'
import { useTranslation } from 'react-i18next'
import { areas, type Reach, reachesOf, reachOf, withReach } from './permission-table.ts'

export interface RolePermissionsProps {
  permissions: readonly string[]
  isDisabled: boolean
  onChange: (permissions: string[]) => void
}

const columns = ['read', 'write'] as const

/** What a role permits, by area: reading, changing, and what is neither. */
export function RolePermissions({ permissions, isDisabled, onChange }: RolePermissionsProps) {
  const { t } = useTranslation('people')
  const isEverything = permissions.includes('*')
  const words = { no: t('no'), own: t('own'), all: t('all') }
  const select = (permission: string) => {
    const [area = ''] = permission.split('.')
    return (
      <FormSelect
        aria-label={permission}
        value={reachOf(permissions, permission)}
        isDisabled={isDisabled || isEverything}
        onChange={(_, value) => onChange(withReach(permissions, permission, value as Reach))}
      >
        {reachesOf(area).map((reach) => (
          <FormSelectOption key={reach} value={reach} label={words[reach]} />
        ))}
      </FormSelect>
    )
  }
  return (
    <Card isCompact>
      <CardTitle component="h2">{t('permissions')}</CardTitle>
      <CardBody>
        <p>{t('permissionsText')}</p>
        <Checkbox
          id="everything"
          label={t('everything')}
          description={t('everythingText')}
          isChecked={isEverything}
          isDisabled={isDisabled}
          onChange={(_, isOn) => onChange(isOn ? ['*'] : ['guest.read'])}
        />
        <Table aria-label={t('permissions')} variant="compact">
          <Thead>
            <Tr>
              <Th>{t('area')}</Th>
              <Th>{t('reading')}</Th>
              <Th>{t('writing')}</Th>
              <Th>{t('special')}</Th>
            </Tr>
          </Thead>
          <Tbody>
            {Object.entries(areas).map(([area, verbs]) => (
              <Tr key={area}>
                <Td dataLabel={t('area')}>{area}</Td>
                {columns.map((verb) => (
                  <Td key={verb} dataLabel={verb === 'read' ? t('reading') : t('writing')}>
                    {verbs.includes(verb) && select(`${area}.${verb}`)}
                  </Td>
                ))}
                <Td dataLabel={t('special')}>
                  {verbs
                    .filter((verb) => verb !== 'read' && verb !== 'write')
                    .map((verb) => (
                      <div key={verb}>
                        {verb}
                        {select(`${area}.${verb}`)}
                      </div>
                    ))}
                </Td>
              </Tr>
            ))}
          </Tbody>
        </Table>
      </CardBody>
    </Card>
  )
}
